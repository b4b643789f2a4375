"""The public names, the page that lists them, and the type checkers that read a user's code."""

import ast
import inspect
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import openapi2tools
from openapi2tools import errors

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/public-api.md").read_text(encoding="utf-8")
SECTIONS = re.findall(r"^## `([\w.]+)`\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
MODULES = [module for module, _ in SECTIONS]
VERBS = {
    "aload": "source",
    "load": "source",
    "build_tools": "api",
    "export": "tools",
    "connect": "tools",
    "diff": "old",
    "lint": "api",
    "save": "tools",
    "load_tools": "path",
    "search": "tools",
}


def listed(section: str) -> list[str]:
    """The names before the colon of each item of the page."""
    items = re.findall(r"^- (.*?):", section, re.DOTALL | re.MULTILINE)
    return [name for item in items for name in re.findall(r"`(\w+)`", item)]


@pytest.mark.parametrize(("module", "section"), SECTIONS, ids=MODULES)
def test_the_page_lists_what_a_module_exports(module: str, section: str) -> None:
    names = listed(section)
    assert len(names) == len(set(names))
    assert sorted(names) == sorted(import_module(module).__all__)


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_is_there_once(module: str) -> None:
    exported = import_module(module)
    assert len(exported.__all__) == len({*exported.__all__})
    assert all(hasattr(exported, name) for name in exported.__all__)


def test_the_names_are_found_where_type_checkers_find_them() -> None:
    source = Path(str(openapi2tools.__file__)).read_text(encoding="utf-8")
    (block,) = [node for node in ast.parse(source).body if isinstance(node, ast.If)][:1]
    read_by_checkers = {
        each.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for each in node.names
    }
    assert {*read_by_checkers} == {*openapi2tools.__all__}
    for name, module in read_by_checkers.items():
        assert getattr(openapi2tools, name) is getattr(import_module(str(module)), name)


def test_an_editor_sees_every_name_before_it_is_used() -> None:
    program = (
        "import openapi2tools as o; assert {*o.__all__} <= {*dir(o)}; print(o.formats, o.load)"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_a_name_that_is_not_there_is_no_name_of_ours() -> None:
    with pytest.raises(AttributeError, match="module 'openapi2tools' has no attribute 'lode'"):
        openapi2tools.lode  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'lode'"):
        from openapi2tools import lode  # type: ignore[attr-defined]  # noqa: F401


def test_a_star_import_hides_no_name_of_a_web_framework() -> None:
    assert not {"Response", "Request", "Server", "Parameter", "Operation", "MediaType"} & {
        *openapi2tools.__all__
    }


def test_nouns_are_found_where_they_were() -> None:
    from openapi2tools import document, model

    assert all(getattr(document, name) is getattr(model, name) for name in document.__all__)


def test_every_error_is_public_and_one_class_catches_them_all() -> None:
    ours = [each for each in vars(errors).values() if inspect.isclass(each)]
    assert all(issubclass(each, openapi2tools.OpenAPI2ToolsError) for each in ours)
    assert {each.__name__ for each in ours} <= {*openapi2tools.__all__}


def test_examples_need_nothing_that_is_not_public() -> None:
    for path in (ROOT / "examples").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom) or node.module is None:
                continue
            if path.name == "cases.py" and node.module.startswith("openapi2tools.cli."):
                continue  # it shows a run as the command line does, which is no program's interface
            if node.module.partition(".")[0] == "openapi2tools":
                assert node.module in MODULES, path.name
                names = {each.name for each in node.names}
                assert names <= {*import_module(node.module).__all__}, path.name


def test_the_program_of_a_user_uses_every_public_name() -> None:
    program = (ROOT / "tests/typing/user_code.py").read_text(encoding="utf-8")
    tree = ast.parse(program)
    imported = {
        (node.module, each.name)
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for each in node.names
    }
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for module in MODULES:
        for name in import_module(module).__all__:
            homes = [home for home in MODULES if name in import_module(home).__all__]
            assert any((home, name) in imported for home in homes), (module, name)
            assert name in used, name


def test_the_program_of_a_user_can_be_imported() -> None:
    program = [sys.executable, "-c", "import tests.typing.user_code"]
    subprocess.run(program, cwd=ROOT, check=True)


def test_each_verb_takes_its_noun_first_and_options_by_name() -> None:
    for verb, noun in VERBS.items():
        first, *others = inspect.signature(getattr(openapi2tools, verb)).parameters.values()
        assert first.name == noun
        positional = [p.name for p in others if p.kind is p.POSITIONAL_OR_KEYWORD]
        assert positional in ([], ["format"], ["query"], ["path"], ["new"])


def test_lint_is_the_function_and_linting_the_package() -> None:
    assert inspect.isfunction(openapi2tools.lint)
    assert inspect.ismodule(import_module("openapi2tools.linting"))
