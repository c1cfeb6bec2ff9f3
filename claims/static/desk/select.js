"use strict";
// What is selected in the source's text becomes the passage of a statement: its words and its
// positions, which count code points as the server does.
(() => {
  const text = document.getElementById("text");
  const form = document.getElementById("quote");
  if (!text || !form) return;
  const { start, end, words } = form.elements;
  const codePoints = (string) => Array.from(string).length;

  function within(part, range) {
    const inside = document.createRange();
    inside.selectNodeContents(part);
    const before = inside.cloneRange();
    if (part.contains(range.startContainer)) inside.setStart(range.startContainer, range.startOffset);
    if (part.contains(range.endContainer)) inside.setEnd(range.endContainer, range.endOffset);
    before.setEnd(inside.startContainer, inside.startOffset);
    const from = Number(part.dataset.start) + codePoints(before.toString());
    return { from, words: inside.toString() };
  }

  document.addEventListener("selectionchange", () => {
    const selection = document.getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return;
    const range = selection.getRangeAt(0);
    if (!text.contains(range.commonAncestorContainer)) return;
    const parts = Array.from(text.querySelectorAll("[data-start]"))
      .filter((part) => range.intersectsNode(part))
      .map((part) => within(part, range))
      .filter((part) => part.words !== "");
    if (!parts.length) return;
    const chosen = parts.map((part) => part.words).join("");
    words.value = chosen;
    start.value = parts[0].from;
    end.value = parts[0].from + codePoints(chosen);
  });

  // Words that are written by hand have their place looked up.
  words.addEventListener("input", () => {
    start.value = "";
    end.value = "";
  });
})();
