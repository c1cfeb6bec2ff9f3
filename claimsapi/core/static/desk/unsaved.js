/* Asks before the user leaves a page with unsaved input.

   It watches forms with data-warn-unsaved and the admin's change forms. It compares the data that
   a browser would send with the data after loading. So it covers every source of input: added
   rows, date pickers, autocomplete. Input that the user undoes does not count. */
"use strict";
{
  const FORMS = "form[data-warn-unsaved], .change-form #content-main > form";
  const initialData = new Map();
  let submittedForm = null;

  const serialize = (form) =>
    JSON.stringify([...new FormData(form)].map(([name, value]) => [name, value.name ?? value]));

  // A form that came back with errors is unsaved from the start: no data equal null.
  const remember = (form) =>
    initialData.set(form, form.querySelector(".errornote") ? null : serialize(form));

  // After the other scripts have changed the forms on loading.
  document.addEventListener("DOMContentLoaded", () => {
    setTimeout(() => document.querySelectorAll(FORMS).forEach(remember));
  });

  document.addEventListener("submit", (event) => {
    submittedForm = event.target;
    // If another script prevents the submission, the page stays and its input is unsaved.
    setTimeout(() => {
      if (event.defaultPrevented) submittedForm = null;
    });
  });

  window.addEventListener("beforeunload", (event) => {
    const isUnsaved = [...initialData].some(
      ([form, data]) => form !== submittedForm && serialize(form) !== data
    );
    submittedForm = null;
    if (isUnsaved) event.preventDefault();
  });
}
