/* Gives the fields in which a record is looked up the name that their label says.

   Select2 hides the select that the label is of, and what it puts there is named by its value only:
   empty, it has no name at all. */
"use strict";
{
  const $ = django.jQuery;
  const labelOf = (select) => document.querySelector(`label[for="${CSS.escape(select.id)}"]`);

  const nameOne = (select) => {
    const label = labelOf(select);
    const shown = select.nextElementSibling;
    if (!label || !shown?.classList.contains("select2")) return;
    label.id ||= `${select.id}_label`;
    const selection = shown.querySelector(".select2-selection");
    const value = shown.querySelector("[role=textbox]");
    const typed = shown.querySelector("[role=searchbox]");
    const help = select.getAttribute("aria-describedby");
    selection.setAttribute("aria-labelledby", `${label.id} ${value?.id ?? ""}`.trim());
    if (help) selection.setAttribute("aria-describedby", help);
    value?.setAttribute("aria-labelledby", label.id);
    typed?.setAttribute("aria-labelledby", label.id);
  };

  const nameAll = (within) => within.querySelectorAll("select.admin-autocomplete").forEach(nameOne);

  // After autocomplete.js, which asked jQuery first.
  $(() => nameAll(document));
  document.addEventListener("formset:added", (event) => nameAll(event.target));

  // The list that opens is made anew each time, somewhere else on the page.
  const nameOpen = (select) => {
    const label = labelOf(select);
    const selection = select.nextElementSibling.querySelector(".select2-selection");
    const list = document.getElementById(selection.getAttribute("aria-owns"));
    selection.setAttribute("aria-controls", list.id);
    const search = list.closest(".select2-dropdown").querySelector("[role=searchbox]");
    for (const part of [list, search]) {
      if (part && label) part.setAttribute("aria-labelledby", label.id);
    }
    // That nothing was found stands in the list: it is read out, as an option that is none.
    new MutationObserver(() => {
      for (const message of list.querySelectorAll("[role=alert]")) {
        message.setAttribute("role", "option");
        message.setAttribute("aria-disabled", "true");
      }
    }).observe(list, { childList: true });
  };

  $(document).on("select2:open", (event) => nameOpen(event.target));
  $(document).on("select2:close", ({ target }) => {
    const selection = target.nextElementSibling.querySelector(".select2-selection");
    selection.removeAttribute("aria-controls");
  });
}
