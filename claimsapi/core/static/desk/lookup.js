/* Gives autocomplete fields the accessible name of their label.

   Select2 hides the labelled select and inserts its own elements. Screen readers name these by
   their value only, so an empty field has no name. */
"use strict";
{
  const $ = django.jQuery;
  const labelOf = (select) => document.querySelector(`label[for="${CSS.escape(select.id)}"]`);

  const nameField = (select) => {
    const label = labelOf(select);
    const container = select.nextElementSibling;
    if (!label || !container?.classList.contains("select2")) return;
    label.id ||= `${select.id}_label`;
    const selection = container.querySelector(".select2-selection");
    const value = container.querySelector("[role=textbox]");
    const searchBox = container.querySelector("[role=searchbox]");
    const help = select.getAttribute("aria-describedby");
    selection.setAttribute("aria-labelledby", `${label.id} ${value?.id ?? ""}`.trim());
    if (help) selection.setAttribute("aria-describedby", help);
    value?.setAttribute("aria-labelledby", label.id);
    searchBox?.setAttribute("aria-labelledby", label.id);
  };

  const nameFields = (root) =>
    root.querySelectorAll("select.admin-autocomplete").forEach(nameField);

  // jQuery calls ready handlers in order: autocomplete.js has registered its own before.
  $(() => nameFields(document));
  document.addEventListener("formset:added", (event) => nameFields(event.target));

  // Select2 creates the dropdown anew each time it opens, elsewhere in the page.
  const nameDropdown = (select) => {
    const label = labelOf(select);
    const selection = select.nextElementSibling.querySelector(".select2-selection");
    const list = document.getElementById(selection.getAttribute("aria-owns"));
    selection.setAttribute("aria-controls", list.id);
    const searchBox = list.closest(".select2-dropdown").querySelector("[role=searchbox]");
    for (const element of [list, searchBox]) {
      if (element && label) element.setAttribute("aria-labelledby", label.id);
    }
    // "No results found" is an item of the list, where only options are valid children.
    new MutationObserver(() => {
      for (const message of list.querySelectorAll("[role=alert]")) {
        message.setAttribute("role", "option");
        message.setAttribute("aria-disabled", "true");
      }
    }).observe(list, { childList: true });
  };

  $(document).on("select2:open", (event) => nameDropdown(event.target));
  $(document).on("select2:close", ({ target }) => {
    const selection = target.nextElementSibling.querySelector(".select2-selection");
    selection.removeAttribute("aria-controls");
  });
}
