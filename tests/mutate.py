"""Change one token of a module at a time and see whether its tests notice.

    python tests/mutate.py estimation intervals     # tests/test_<module>.py and tests/test_contracts.py
    python tests/mutate.py winrate --only 120       # the mutants of one line
    python tests/mutate.py winrate --list           # show the mutants, run nothing
    python tests/mutate.py winrate --tests tests/test_winrate.py tests/test_pipeline.py

Prints the mutants that no test noticed and exits 1 if there are any. A mutant that cannot make a difference is exempt
when its line ends with the comment `mutation: equivalent, <reason>` (after a number sign).

The tests run in a copy of the sources, one per worker. A worker imports the heavy packages once and forks for each
mutant, so that a mutant costs its tests and little else (hence not on Windows).
"""

import argparse
import ast
import contextlib
import importlib
import multiprocessing
import os
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

EXEMPT = re.compile(rb"# mutation: equivalent, \S")
WARM = ("attrs", "hypothesis", "numpy", "pytest", "scipy.stats", "pandas", "polars", "pyarrow", "statsmodels.api")
COPIED = ("src", "tests", "benchmarks", "docs", "pyproject.toml", "README.md")
# pytest would warn that hypothesis is imported already.
PYTEST = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
SECONDS_AT_LEAST = 10

SYMBOLS = (("+", "-"), ("*", "/"), ("&", "|"), ("<<", ">>"), ("==", "!="))
WORDS = (("and", "or"), ("is", "is not"), ("in", "not in"))
CALLS = (("min", "max"), ("any", "all"), ("minimum", "maximum"), ("nanmin", "nanmax"), ("floor", "ceil"))
BOUNDS = {"<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<")}
OTHERS = {"//": ("/",), "%": ("*",), "**": ("*",), "@": ("*",)}
TWINS = SYMBOLS + WORDS + CALLS
REPLACED = {one: (other,) for one, other in TWINS} | {other: (one,) for one, other in TWINS} | BOUNDS | OTHERS
OPERATOR = re.compile(rb"#[^\n]*|(is\s+not|not\s+in|and|or|is|in|\*\*|//|<<|>>|[<>=!]=|[-+*/%@&|<>])")


@dataclass(frozen=True)
class Mutant:
    """One changed token: the bytes from `start` to `end` of the source become `text`."""

    module: str
    line: int
    start: int
    end: int
    text: str

    def source(self, original: bytes) -> bytes:
        """The mutated module."""
        return original[: self.start] + self.text.encode() + original[self.end :]

    def describe(self, original: bytes) -> str:
        """The line before and after."""
        first = original.rfind(b"\n", 0, self.start) + 1
        last = original.find(b"\n", self.end)
        before = original[first:last].decode().strip()
        after = (original[first : self.start] + self.text.encode() + original[self.end : last]).decode().strip()
        return f"{self.module}.py:{self.line}\n    - {before}\n    + {after}"


class Finder(ast.NodeVisitor):
    """Walks a module and collects its mutants, leaving out what only readers and type checkers see."""

    def __init__(self, module: str, source: bytes) -> None:
        """Index the lines: the syntax tree counts in bytes from the start of a line."""
        self.module = module
        self.source = source
        self.line_starts = [0]
        for line in source.splitlines(keepends=True):
            self.line_starts.append(self.line_starts[-1] + len(line))
        self.mutants: list[Mutant] = []

    def start(self, node: ast.expr) -> int:
        """Where the node begins in the source."""
        return self.line_starts[node.lineno - 1] + node.col_offset

    def end(self, node: ast.expr) -> int:
        """Where the node ends in the source."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.line_starts[node.end_lineno - 1] + node.end_col_offset

    def add(self, start: int, end: int, *texts: str) -> None:
        """Keep the mutants of one token, unless its line is exempt."""
        line = self.source.count(b"\n", 0, start)
        if EXEMPT.search(self.source[self.line_starts[line] : self.line_starts[line + 1]]):
            return
        self.mutants += [Mutant(self.module, line + 1, start, end, text) for text in texts]

    def add_operator(self, left: ast.expr, right: ast.expr) -> None:
        """Find the operator between two operands, where else only brackets, blanks and comments stand."""
        for match in OPERATOR.finditer(self.source, self.end(left), self.start(right)):
            if match[1]:
                written = " ".join(match[1].decode().split())
                self.add(match.start(), match.end(), *REPLACED[written])
                return

    def visit_Compare(self, node: ast.Compare) -> None:
        operands = [node.left, *node.comparators]
        for left, right in pairwise(operands):
            self.add_operator(left, right)
        for operand in operands:
            for part in operand.elts if isinstance(operand, ast.Tuple | ast.List | ast.Set) else [operand]:
                self.add_string(part)
        self.generic_visit(node)

    def visit_MatchValue(self, node: ast.MatchValue) -> None:
        self.add_string(node.value)
        self.generic_visit(node)

    def add_string(self, node: ast.expr) -> None:
        """Change a string that is compared with something."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            self.add(self.start(node), self.end(node), repr(node.value + "?"))

    def visit_BinOp(self, node: ast.BinOp) -> None:
        self.add_operator(node.left, node.right)
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.add_operator(node.target, node.value)
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        for left, right in pairwise(node.values):
            self.add_operator(left, right)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        operator = re.match(rb"not|-|~", self.source[self.start(node) :])
        if operator:  # a plus sign changes nothing
            self.add(self.start(node), self.start(node) + operator.end(), "")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        value = node.value
        if isinstance(value, bool):
            self.add(self.start(node), self.end(node), str(not value))
        elif isinstance(value, int | float):
            others = dict.fromkeys((value + 1, type(value)(0)))
            self.add(self.start(node), self.end(node), *(repr(other) for other in others if other != value))

    def visit_Call(self, node: ast.Call) -> None:
        name = ast.unparse(node.func).rpartition(".")[2]
        if name in REPLACED:
            self.add(self.end(node.func) - len(name), self.end(node.func), *REPLACED[name])
        self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Leave messages alone."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        if not any(isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets):
            self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> None:
        """Leave annotations of arguments alone."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if any(ast.unparse(decorator).endswith("overload") for decorator in node.decorator_list):
            return
        for part in (*node.decorator_list, node.args, *node.body):  # not the annotation of the result
            self.visit(part)


def find_mutants(module: str, source: bytes, only: int | None = None) -> list[Mutant]:
    """Every one-token mutant of a module, in the order of the text."""
    finder = Finder(module, source)
    finder.visit(ast.parse(source))
    ordered = sorted(set(finder.mutants), key=lambda mutant: (mutant.start, mutant.end, mutant.text))
    return [mutant for mutant in ordered if only in (None, mutant.line)]


class Laboratory:
    """An isolated copy of the project, where one worker runs the tests against one mutant after the other."""

    def __init__(self, root: Path, package: str) -> None:
        """Copy what the tests need."""
        self.home = Path(tempfile.mkdtemp(prefix="mutants-"))
        self.package = self.home / "src" / package
        for name in COPIED:
            if (root / name).is_dir():
                shutil.copytree(root / name, self.home / name, ignore=shutil.ignore_patterns("__pycache__"))
            elif (root / name).exists():
                shutil.copy(root / name, self.home / name)

    def close(self) -> None:
        """Remove the copy."""
        shutil.rmtree(self.home, ignore_errors=True)

    def run(self, module: str, source: bytes, tests: Sequence[str], seconds: int = 0) -> tuple[int, str]:
        """Run the tests against this source; 0 is a pass, negative a signal such as the one of the time-out."""
        path = self.package / f"{module}.py"
        original = path.read_bytes()
        self.write(path, source)
        try:
            child = os.fork()
            if child == 0:
                self.work(tests, seconds)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        finally:
            self.write(path, original)
        return code, (self.home / "output.txt").read_text(errors="replace")

    @staticmethod
    def write(path: Path, source: bytes) -> None:
        """Replace a module and forget its byte code, which Python tells apart by size and second only."""
        path.write_bytes(source)
        for stale in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
            stale.unlink()

    def work(self, tests: Sequence[str], seconds: int) -> None:
        """In the child: run pytest on the copy and leave with its exit code."""
        code = 70
        try:
            output = os.open(self.home / "output.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(output, 1)
            os.dup2(output, 2)
            os.chdir(self.home)
            os.environ["PYTHONPATH"] = str(self.home / "src")
            sys.dont_write_bytecode = False  # what does not change between mutants is compiled once
            sys.path.insert(0, str(self.home / "src"))
            signal.alarm(seconds)  # ends the process, also inside compiled code; 0 sets no alarm
            pytest = importlib.import_module("pytest")
            code = int(pytest.main([*PYTEST, *tests]))
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)


_laboratory: list[Laboratory] = []  # one per worker process


def open_laboratory(laboratories: "multiprocessing.SimpleQueue[Laboratory]") -> None:
    """Give a worker process the copy that it alone uses."""
    _laboratory.append(laboratories.get())


def survives(job: tuple[Mutant, bytes, Sequence[str], int]) -> tuple[Mutant, bool, bool]:
    """In a worker: whether the tests pass on a mutant, and whether they ran out of time."""
    mutant, original, tests, seconds = job
    code, _ = _laboratory[0].run(mutant.module, mutant.source(original), tests, seconds)
    return mutant, code == 0, code == -signal.SIGALRM


def warm_up() -> None:
    """Import once what every run of the tests imports, as far as it is installed."""
    for name in WARM:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def tests_of(root: Path, module: str) -> list[str]:
    """The test files of a module by convention."""
    names = (f"tests/test_{module}.py", "tests/test_contracts.py")
    return [name for name in names if (root / name).exists()]


def run_module(root: Path, package: str, module: str, options: argparse.Namespace) -> int:
    """Test the mutants of one module; the number of survivors."""
    original = (root / "src" / package / f"{module}.py").read_bytes()
    mutants = find_mutants(module, original, options.only)
    tests = options.tests or tests_of(root, module)
    if options.list:
        print(*(mutant.describe(original) for mutant in mutants), sep="\n")
        print(f"{module}: {len(mutants)} mutants")
        return 0
    with contextlib.ExitStack() as stack:
        laboratories = [Laboratory(root, package) for _ in range(options.workers)]
        for laboratory in laboratories:
            stack.callback(laboratory.close)
        seconds = time_limit(laboratories[0], module, original, tests)
        context = multiprocessing.get_context("fork")
        queue: multiprocessing.SimpleQueue[Laboratory] = context.SimpleQueue()
        for laboratory in laboratories:
            queue.put(laboratory)
        pool = stack.enter_context(context.Pool(options.workers, open_laboratory, (queue,)))
        survived = late = 0
        jobs = [(mutant, original, tests, seconds) for mutant in mutants]
        for mutant, alive, timed_out in pool.imap_unordered(survives, jobs):
            survived += alive
            late += timed_out
            if alive:
                print(f"survived {mutant.describe(original)}", flush=True)
    killed = len(mutants) - survived
    print(f"{module}: {len(mutants)} mutants, {killed} killed ({late} by time-out), {survived} survived", flush=True)
    return survived


def time_limit(laboratory: Laboratory, module: str, original: bytes, tests: Sequence[str]) -> int:
    """Whole seconds that a mutant may take, from a run of the tests on the unchanged module, which has to pass."""
    if not tests:
        sys.exit(f"{module}: no test file; name some with --tests")
    start = time.perf_counter()
    code, output = laboratory.run(module, original, tests)
    took = time.perf_counter() - start
    if code != 0:
        sys.exit(f"{module}: the tests fail without any mutation\n{output[-4000:]}")
    print(f"{module}: {' '.join(tests)} pass in {took:.1f} s", flush=True)
    return SECONDS_AT_LEAST + int(4 * took)


def lines(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("modules", nargs="+", metavar="MODULE", help="name of a module in the package, such as email")
    parser.add_argument("--list", action="store_true", help="show the mutants and run nothing")
    parser.add_argument("--only", type=int, metavar="LINE", help="only the mutants of this line")
    parser.add_argument("--tests", nargs="+", metavar="FILE", help="test files instead of those by convention")
    parser.add_argument("--workers", type=int, default=2, help="processes at a time (default 2)")
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[1], help="the project's folder")
    parser.add_argument("--package", default="abmmetrics", help="the package's name in src")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Test every named module; 1 if a mutant survived."""
    options = lines(arguments)
    if not options.list:
        os.environ["HYPOTHESIS_PROFILE"] = "quick"
        warm_up()
    return int(sum(run_module(options.root, options.package, name, options) for name in options.modules) > 0)


if __name__ == "__main__":
    sys.exit(main())
