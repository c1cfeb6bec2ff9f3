"""Two input methods for the desk: a mouse, and a keyboard without a mouse."""

from typing import Final, Protocol

from playwright.sync_api import Locator, Page, expect

_MAX_TAB_STOPS: Final = 250  # per page


class InputMethod(Protocol):
    """Actions of a user on a page."""

    def press(self, target: Locator) -> None: ...

    def write(self, target: Locator, words: str) -> None: ...

    def choose(self, target: Locator, label: str) -> None: ...

    def look_up(self, field: Locator, words: str) -> None: ...


class Mouse:
    """Points and clicks with the mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, target: Locator) -> None:
        target.click()

    def write(self, target: Locator, words: str) -> None:
        target.fill(words)

    def choose(self, target: Locator, label: str) -> None:
        target.select_option(label=label)

    def look_up(self, field: Locator, words: str) -> None:
        """Search a record in an autocomplete field and select it."""
        field.click()
        self.page.keyboard.type(words)
        self.page.locator(".select2-results__option[role=option]", has_text=words).first.click()


class Keyboard:
    """Reaches every element with the Tab key from the beginning of the page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, target: Locator) -> None:
        """Press Tab until the element has the focus."""
        expect(target).to_be_visible()
        has_focus = "element => element === document.activeElement"
        for _ in range(_MAX_TAB_STOPS):
            if target.evaluate(has_focus):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"The Tab key does not reach {target}.")

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
