"""The purchases of CDNOW that the published fits are of."""

from abmmetrics.purchases import Purchases


def cdnow(folder):
    """Read one purchase from each line: number in the master file, in the sample, day, discs, amount."""
    lines = (folder / "transactions" / "cdnow_sample.txt").read_text(encoding="utf-8").splitlines()
    parts = [line.split() for line in lines]
    days = [f"{day[:4]}-{day[4:6]}-{day[6:]}" for _, _, day, _, _ in parts]
    return Purchases(account=[int(part[1]) for part in parts], day=days, amount=[float(part[4]) for part in parts])
