"""The mock EHR's Markdown: the subset that cards use, and nothing that could run."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cds_hooks.sandbox.fake_hospital import FakeHospital
from tests.e2e.conftest import served
from tests.e2e.webdriver import Browser

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(shared_browser: Browser) -> Iterator[Browser]:
    """One page for all tests here: rendering leaves nothing behind."""
    for site in served(FakeHospital().app):
        shared_browser.open(f"{site}/chart/quiet")
        yield shared_browser


def rendered(page: Browser, source: str) -> str:
    script = """
        const {markdown} = await import("/ehr/static/js/markdown.js");
        const holder = document.createElement("div");
        holder.append(markdown(given[0]));
        return holder.innerHTML;
    """
    return str(page.run_module(script, source))


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("one\ntwo", "<p>one\ntwo</p>"),
        ("one\n\ntwo", "<p>one</p><p>two</p>"),
        ("**HbA1c** is _high_", "<p><strong>HbA1c</strong> is <em>high</em></p>"),
        ("**a _b_ c**", "<p><strong>a <em>b</em> c</strong></p>"),
        ("snake_case_name", "<p>snake_case_name</p>"),
        ("2 * 3 * 4", "<p>2 * 3 * 4</p>"),
        (r"\*not bold\*", "<p>*not bold*</p>"),
        (r"**5 \* 3**", "<p><strong>5 * 3</strong></p>"),
        ("`<b>`", "<p><code>&lt;b&gt;</code></p>"),
        ("a<br>b", "<p>a<br>b</p>"),
        ("&lt;b&gt; &amp; &#124;", "<p>&lt;b&gt; &amp; |</p>"),
        ("# Title", "<h4>Title</h4>"),
        ("> said\n> so", "<blockquote><p>said\nso</p></blockquote>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("- a\n  - b\n- c", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"),
        ("text\n- a", "<p>text</p><ul><li>a</li></ul>"),
        ("---", "<hr>"),
        ("```\n**x**\n```", "<pre><code>**x**</code></pre>"),
    ],
)  # fmt: skip
def test_the_subset_is_rendered(page: Browser, source: str, html: str) -> None:
    assert rendered(page, source) == html


def test_a_table_has_headings_and_alignment(page: Browser) -> None:
    html = rendered(page, "| Test | Value |\n|:--|--:|\n| K | 6.1 |\n| a \\| b | **x** |")
    assert '<th scope="col">Test</th><th scope="col" data-align="right">Value</th>' in html
    assert '<td>K</td><td data-align="right">6.1</td>' in html
    assert '<td>a | b</td><td data-align="right"><strong>x</strong></td>' in html


def test_a_link_leaves_without_a_referrer_or_an_opener(page: Browser) -> None:
    html = rendered(page, "[guideline](https://example.org/a_b)")
    assert (
        html
        == '<p><a href="https://example.org/a_b" target="_blank" rel="noopener noreferrer">guideline</a></p>'
    )


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "http://example.org",
        "//example.org",
        "/x",
        "https://u:p@a.example",
    ],
)
def test_only_https_links_are_links(page: Browser, target: str) -> None:
    assert "<a" not in rendered(page, f"[x]({target})")


@pytest.mark.parametrize(
    "source",
    [
        "<script>window.pwned=1</script>",
        "<img src=x onerror=window.pwned=1>",
        "**<svg onload=window.pwned=1>**",
        "| <iframe src=javascript:1> |\n|--|\n| <img src=x onerror=window.pwned=1> |",
        "- <style>*{display:none}</style>",
        "![x](https://example.org/track.png)",
        "&lt;script&gt;window.pwned=1&lt;/script&gt;",
        "&#60;img src=x onerror=window.pwned=1&#62;",
    ],
)
def test_raw_html_is_shown_as_text(page: Browser, source: str) -> None:
    count = page.run_module(
        """
        const {markdown} = await import("/ehr/static/js/markdown.js");
        const holder = document.createElement("div");
        document.body.append(holder);
        holder.append(markdown(given[0]));
        return holder.querySelectorAll("script, img, svg, iframe, style").length;
        """,
        source,
    )
    assert count == 0
    assert page.run("return window.pwned") is None


@pytest.mark.parametrize("piece", ["*", "_a ", "[", "`", "**a", "<", "&", "> ", "| ", "- ", "[a](", "~~a"])
def test_a_long_hostile_text_is_rendered_within_a_second(page: Browser, piece: str) -> None:
    script = """
        const {markdown} = await import("/ehr/static/js/markdown.js");
        const began = performance.now();
        markdown(given[0].repeat(2000));
        return performance.now() - began;
    """
    elapsed: Any = page.run_module(script, piece)
    assert elapsed < 1000
