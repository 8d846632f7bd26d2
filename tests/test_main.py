import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from abmmetrics import __main__, __version__

TOMLS = Path(__file__).parent / "data"
MAILS = "account,delivered,opened,tier\nA,12,5,1\nB,10,4,2\nC,9,5,2\n"
TOML = 'name = "Mails"\n[emails]\nfile = "mails.csv"\nsegments = ["tier"]\n'


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mails.csv").write_text(MAILS, encoding="utf-8")
    (tmp_path / "program.toml").write_text(TOML, encoding="utf-8")
    return tmp_path


def run(capsys, *arguments):
    code = __main__.main([str(argument) for argument in arguments])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_without_a_command_the_sample_is_scored_and_says_that_it_is_made_up(capsys, tmp_path):
    page = tmp_path / "page.html"
    code, out, err = run(capsys, "--html", page)
    assert (code, err) == (0, "")
    assert out.startswith("Scorecard: Synthetic programme\n")
    assert "Synthetic data: a world made up with known truth." in out
    assert "Baseline: Synthetic programme, year 2024." in out
    assert "Year over year: 2025 against 2024" in out
    assert "KPIs to ignore, and what to watch instead" in out
    assert "Synthetic programme" in page.read_text(encoding="utf-8")
    assert out.endswith("\nFor your own data: python -m abmmetrics scorecard --help\n")


def test_the_scorecard_of_a_folder(capsys, folder):
    code, out, err = run(capsys, "scorecard", folder)
    assert (code, err) == (0, "")
    assert out.startswith("Scorecard: Mails\n")
    assert "45.16 %" in out  # 14 of 31 opened
    assert "For your own data" not in out


def test_pages_are_written_too(capsys, folder):
    page, marked = folder / "page.html", folder / "page.md"
    code, out, _ = run(capsys, "scorecard", folder, "--html", page, "--markdown", marked)
    assert code == 0
    assert out.startswith("Scorecard: Mails\n")
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert marked.read_text(encoding="utf-8").startswith("# Scorecard: Mails\n")


def test_segments_and_confidence_are_asked_for(capsys, folder):
    (folder / "mails.csv").write_text(MAILS.replace("opened", "clicked"), encoding="utf-8")
    _, out, _ = run(capsys, "scorecard", folder, "--by", "tier", "--confidence", "0.9")
    assert "Click rate by tier" in out
    assert "90 % interval" in out


def test_a_baseline_is_a_folder_or_another_toml(capsys, folder, tmp_path):
    before = tmp_path / "before"
    before.mkdir()
    (before / "mails.csv").write_text(MAILS.replace("12,5", "12,6"), encoding="utf-8")
    (before / "program.toml").write_text(TOML.replace("Mails", "Last year"), encoding="utf-8")
    _, out, _ = run(capsys, "scorecard", folder, "--baseline", before)
    assert "Baseline: Last year." in out
    assert "48.39 %" in out  # 15 of 31
    (tmp_path / "same.toml").write_text(TOML.replace("Mails", "The same"), encoding="utf-8")
    _, out, _ = run(capsys, "scorecard", folder, "--baseline", tmp_path / "same.toml")
    assert "Baseline: The same." in out
    assert "no clear change" in out


def test_what_cannot_be_used_is_said_in_a_sentence(capsys, folder):
    (folder / "mails.csv").write_text(MAILS.replace("10,4", "10,four"), encoding="utf-8")
    assert run(capsys, "scorecard", folder) == (
        2,
        "",
        "abmmetrics: mails.csv, line 3: opened must be a number such as 1014.50; got 'four'\n",
    )
    gone = folder / "gone"
    assert run(capsys, "scorecard", gone) == (
        2,
        "",
        f"abmmetrics: {gone / 'program.toml'} must be a file that can be read; no such file or directory\n",
    )


def test_a_page_that_cannot_be_written_is_said(capsys, folder):
    page = folder / "gone" / "page.html"
    assert run(capsys, "scorecard", folder, "--html", page) == (
        2,
        "",
        f"abmmetrics: {page} cannot be written; No such file or directory\n",
    )


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--version"], 0, f"abmmetrics {__version__}\n"),
        (["--help"], 0, "usage: python -m abmmetrics"),
        (["scorecard", "--help"], 0, 'won = ["Closed Won"]'),
    ],
)
def test_version_and_help(capsys, arguments, code, told):
    with pytest.raises(SystemExit) as ended:
        __main__.main(arguments)
    assert ended.value.code == code
    assert told in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["scorecard"], ["score"], ["scorecard", ".", "--confidence", "much"]])
def test_what_is_no_command_ends_with_2(capsys, arguments):
    with pytest.raises(SystemExit) as ended:
        __main__.main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m abmmetrics" in capsys.readouterr().err


def test_the_module_runs_as_a_command(capsys, monkeypatch, folder):
    monkeypatch.setattr(sys, "argv", ["abmmetrics", "scorecard", str(folder)])
    monkeypatch.delitem(sys.modules, "abmmetrics.__main__")
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("abmmetrics", run_name="__main__")
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("Scorecard: Mails\n")


def test_a_reader_who_stops_early_is_no_error(folder):
    # `| head` closes the pipe; with a closed reading end every write fails at once.
    command = "import subprocess, sys; "
    command += "p = subprocess.Popen([sys.executable, '-m', 'abmmetrics', 'scorecard', sys.argv[1]], "
    command += "stdout=subprocess.PIPE, stderr=subprocess.PIPE); p.stdout.close(); "
    command += "print(p.stderr.read().decode(), p.wait())"
    told = subprocess.run([sys.executable, "-c", command, str(folder)], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["0"]


def test_a_closed_pipe_ends_the_command_in_peace(monkeypatch, folder):
    class Closed:
        def __init__(self, stream):
            self.fileno = stream.fileno

        def write(self, _text):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "argv", ["abmmetrics", "scorecard", str(folder)])
    monkeypatch.delitem(sys.modules, "abmmetrics.__main__")
    with (folder / "stream").open("w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", Closed(stream))
        with pytest.raises(SystemExit) as ended:
            runpy.run_module("abmmetrics", run_name="__main__")
    assert ended.value.code == 0


def test_a_real_pipeline_by_the_command(capsys, shared_data):
    code, out, err = run(capsys, "scorecard", shared_data / "crm", "--program", TOMLS / "crm_program" / "program.toml")
    assert (code, err) == (0, "")
    told = [" ".join(line.split()) for line in out.splitlines()]
    for wanted in (
        "Opportunities 2,291 78",
        "Opportunities: won 1,171",
        "Opportunities: lost 687",
        "Win rate by value undefined none 30 accounts",
        "Undefined: no deal closed in 2016, so there is nothing to compare 2017 with.",
        "Win rate by product",
        "Win rate by manager",
    ):
        assert wanted in told
    assert any(line.startswith("Win rate 63.02 %") for line in told)
    assert any(line.startswith("Revenue won 3,090,594") for line in told)


def test_two_real_surveys_are_compared_by_the_command(capsys, shared_data):
    tomls = TOMLS / "survey_program"
    code, out, _ = run(
        capsys,
        "scorecard",
        shared_data / "surveys",
        "--program",
        tomls / "march_2020.toml",
        "--baseline",
        tomls / "october_2017.toml",
    )
    assert code == 0
    (line,) = [line for line in out.splitlines() if line.startswith("Net promoter score  ")]
    assert line.split()[3] == "+62.7"
    assert "+36.3 " in line
    assert "+26.4 points (" in line
    assert line.endswith(" up")
