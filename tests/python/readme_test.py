"""The Python examples of the README and of the how-to page run as they stand."""
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGES = ("README.md", "docs/how-to/use-from-python.md")
EXAMPLES = [(page, text) for page in PAGES
            for text in re.findall(r"^```python\n(.*?)^```$", (ROOT / page).read_text(encoding="utf-8"), re.M | re.S)]


def test_every_page_has_an_example():
    assert {page for page, _text in EXAMPLES} == set(PAGES)


@pytest.mark.parametrize("text", [text for _page, text in EXAMPLES])
def test_example(text, tmp_path):
    import coremltools as ct
    from coremltools.converters.mil import Builder as mb

    @mb.program(input_specs=[mb.TensorSpec(shape=(1, 3))])
    def program(x):
        return mb.mul(x=x, y=2.0, name="doubled")

    ct.convert(program, convert_to="mlprogram", skip_model_load=True).save(str(tmp_path / "model.mlpackage"))
    done = subprocess.run([sys.executable, "-c", text], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    if "print(model.predict(" in text:
        assert re.fullmatch(r"\{'doubled': array\(\[\[2\., 2\., 2\.\]\], dtype=float32\)\}\n", done.stdout)
