/* Asks before a page is left on which something was typed that is not saved.

   Of each form that says data-warn-unsaved, and of the admin's own pages of a record, it is
   remembered what a browser would send of it. So nothing is missed, whoever writes into it: rows
   that are added, dates that are picked, records that are looked up; and what was typed and taken
   back is no change. */
"use strict";
{
  const FORMS = "form[data-warn-unsaved], .change-form #content-main > form";
  const seen = new Map();
  let submitted = null;

  const said = (form) =>
    JSON.stringify([...new FormData(form)].map(([name, value]) => [name, value.name ?? value]));

  // What came back with a fault is not saved either.
  const remember = (form) => seen.set(form, form.querySelector(".errornote") ? null : said(form));

  // When the other scripts have made the form what a person sees of it.
  document.addEventListener("DOMContentLoaded", () => {
    setTimeout(() => document.querySelectorAll(FORMS).forEach(remember));
  });

  document.addEventListener("submit", (event) => {
    submitted = event.target;
    // A script may have taken over: then nothing was sent, and the page stays.
    setTimeout(() => {
      if (event.defaultPrevented) submitted = null;
    });
  });

  window.addEventListener("beforeunload", (event) => {
    const unsaved = [...seen].some(([form, before]) => form !== submitted && said(form) !== before);
    submitted = null;
    if (unsaved) event.preventDefault();
  });
}
