"""Two ways to work at the desk: with a mouse, and with the keyboard alone."""

from typing import Final, Protocol

from playwright.sync_api import Locator, Page, expect

_MOST_STOPS: Final = 250  # of the tabulator on one page


class Hands(Protocol):
    """What a person does to a page."""

    def press(self, target: Locator) -> None: ...

    def write(self, target: Locator, words: str) -> None: ...

    def choose(self, target: Locator, label: str) -> None: ...

    def look_up(self, field: Locator, words: str) -> None: ...


class Mouse:
    """Points and clicks."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, target: Locator) -> None:
        target.click()

    def write(self, target: Locator, words: str) -> None:
        target.fill(words)

    def choose(self, target: Locator, label: str) -> None:
        target.select_option(label=label)

    def look_up(self, field: Locator, words: str) -> None:
        """Choose a record in a field that looks it up by typing."""
        field.click()
        self.page.keyboard.type(words)
        self.page.locator(".select2-results__option[role=option]", has_text=words).first.click()


class Keyboard:
    """Reaches everything by the tabulator, from the beginning of the page, and touches no mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, target: Locator) -> None:
        """Go on with the tabulator until the element has the focus."""
        expect(target).to_be_visible()
        there = "element => element === document.activeElement"
        for _ in range(_MOST_STOPS):
            if target.evaluate(there):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"The tabulator does not reach {target}.")

    def press(self, target: Locator) -> None:
        self.reach(target)
        kind = target.evaluate("element => element.type")
        self.page.keyboard.press("Space" if kind == "checkbox" else "Enter")

    def write(self, target: Locator, words: str) -> None:
        self.reach(target)
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(words)

    def choose(self, target: Locator, label: str) -> None:
        self.reach(target)
        self.page.keyboard.type(label)
        assert target.evaluate("list => list.selectedOptions[0].label") == label

    def look_up(self, field: Locator, words: str) -> None:
        self.reach(field)
        self.page.keyboard.press("Enter")
        self.page.keyboard.type(words)
        option = self.page.locator(".select2-results__option[role=option]", has_text=words).first
        expect(option).to_be_visible()
        self.page.keyboard.press("Enter")
