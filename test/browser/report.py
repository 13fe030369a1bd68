"""Opens pages of report() in a real headless Chromium, on a phone and on a desk, light, dark and on paper.

usage: report.py [--pictures FOLDER] PAGE.html...      needs playwright; CHROMIUM names the browser (chromium, google-chrome)
"""
import os
import pathlib
import shutil
import sys

from playwright.sync_api import sync_playwright

SIZES = {"phone": (390, 844), "desk": (1280, 900)}
SECTIONS = "answers data training figures balance calibration curves deciles confusion users importance drift settings history".split()

# Elements that stand out of the window to the right, but for those that a table scrolls.
BEYOND = """() => [...document.body.querySelectorAll('*')].filter(e => !e.closest('.scroll') && e.getBoundingClientRect().right > innerWidth + .5)
    .map(e => e.outerHTML.slice(0, 80))"""
# Texts whose contrast with the page is below 4.5 (WCAG AA), and letters below 9 pixels.
FAINT = """() => {
    const rgb = c => c.match(/[\\d.]+/g).slice(0, 3).map(Number)
    const light = c => { const [r, g, b] = rgb(c).map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b }
    const back = light(getComputedStyle(document.body).backgroundColor)
    return [...document.body.querySelectorAll('*')].filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && e.getClientRects().length)
        .filter(e => { const s = getComputedStyle(e), l = light(e instanceof SVGElement ? s.fill : s.color)
            const ratio = (Math.max(l, back) + .05) / (Math.min(l, back) + .05)
            return ratio < 4.5 }).map(e => e.outerHTML.slice(0, 80)) }"""
SMALL = """() => [...document.querySelectorAll('svg.chart text, td, dd, p')].filter(e => {
    const scale = e.ownerSVGElement ? e.ownerSVGElement.getScreenCTM().a : 1
    return parseFloat(getComputedStyle(e).fontSize) * scale < 9 }).map(e => e.outerHTML.slice(0, 80))"""
UNNAMED = """() => [...document.querySelectorAll('svg[role=img]')].filter(e => !e.querySelector('title')?.textContent.trim()).length
    + [...document.querySelectorAll('table')].filter(e => !e.caption?.textContent.trim()).length + (document.title ? 0 : 1) + (document.documentElement.lang ? 0 : 1)"""
BROKEN = """() => [...document.querySelectorAll('nav a')].filter(a => !document.querySelector(a.getAttribute('href'))).map(a => a.outerHTML)"""
MALFORMED = """text => new DOMParser().parseFromString(text.replace('<html', '<html xmlns="http://www.w3.org/1999/xhtml"'), 'application/xhtml+xml').querySelector('parsererror')?.textContent ?? ''"""

tests = failures = 0


def check(name, faults):
    """One line of TAP: what is wrong is falsy."""
    global tests, failures
    tests += 1
    failures += bool(faults)
    print("not ok" if faults else "ok", tests, "-", name)
    if faults:
        print("#", str(faults)[:600])


def look(browser, path, size, scheme, pictures):
    """Opens a page in a window of a size, and asks it everything."""
    name = f"{path.name}, {size}, {scheme}"
    told = []
    page = browser.new_page(viewport=dict(zip(("width", "height"), SIZES[size])), color_scheme=scheme)
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("request", lambda request: request.url != path.as_uri() and told.append(request.url))
    page.goto(path.as_uri())
    check(f"{name}: no message of the console, nothing asked for beside the page", told)
    check(f"{name}: nothing stands out of the window", page.evaluate(BEYOND) or page.evaluate("document.documentElement.scrollWidth > innerWidth"))
    check(f"{name}: contrast", page.evaluate(FAINT))
    check(f"{name}: letters are large enough", page.evaluate(SMALL))
    if pictures:
        page.screenshot(path=pictures / f"report-{path.stem}-{size}-{scheme}.png", clip={"x": 0, "y": 0, "width": SIZES[size][0], "height": 1700}, full_page=True)
    page.close()


def read(browser, path):
    """What does not depend on the window."""
    page = browser.new_page()
    page.goto(path.as_uri())
    check(f"{path.name}: well-formed", page.evaluate(MALFORMED, path.read_text()))
    check(f"{path.name}: no section is missing", [s for s in SECTIONS if page.locator(f"section#{s}").count() != 1])
    check(f"{path.name}: pictures, tables and the page have names", page.evaluate(UNNAMED))
    check(f"{path.name}: links lead somewhere", page.evaluate(BROKEN))
    page.emulate_media(media="print", color_scheme="dark")
    check(f"{path.name}: dark ink on white paper", page.evaluate(FAINT) or page.evaluate("getComputedStyle(document.body).backgroundColor != 'rgb(255, 255, 255)'"))
    check(f"{path.name}: prints", not page.pdf(format="A4").startswith(b"%PDF"))
    page.close()


def main(arguments):
    pictures = None
    if arguments[:1] == ["--pictures"]:
        pictures, arguments = pathlib.Path(arguments[1]), arguments[2:]
    chromium = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as player:
        # A sandbox needs rights that containers and root do not have; the page is ours, and has no script.
        browser = player.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for path in (pathlib.Path(a).resolve() for a in arguments):
            read(browser, path)
            for size in SIZES:
                for scheme in ("light", "dark"):
                    look(browser, path, size, scheme, pictures)
        browser.close()
    print(f"1..{tests}")
    return failures > 0 or tests == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
