// Filters the set; everything stands there without this. What is chosen is in the address, so that it can be sent on.
"use strict";
(() => {
  const form = document.querySelector(".controls");
  if (!form) return;
  const output = form.querySelector("output");
  const fields = [...form.elements].filter((element) => element.name);
  const groups = [...document.querySelectorAll(".group")].map((group) => ({
    element: group,
    state: group.id,
    parts: [...group.querySelectorAll(".part")].map((part) => ({ element: part, packages: [...part.children] })),
  }));
  const total = document.querySelectorAll(".package").length;
  const texts = new Map();
  const textOf = (one) => {
    if (!texts.has(one)) texts.set(one, one.textContent.toLowerCase());
    return texts.get(one);
  };

  const filter = () => {
    const chosen = Object.fromEntries(fields.map((field) => [field.name, field.value]));
    const words = chosen.text.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const group of groups) {
      let inGroup = 0;
      const isOut = chosen.state && chosen.state !== group.state;
      for (const part of isOut ? [] : group.parts) {
        const fitting = part.packages.map(
          (one) =>
            (!chosen.owner || one.dataset.owner === chosen.owner) &&
            (!chosen.cause || one.dataset.cause === chosen.cause) &&
            words.every((word) => textOf(one).includes(word)),
        );
        const inPart = fitting.filter(Boolean).length;
        part.element.hidden = !inPart;
        if (inPart) {
          part.packages.forEach((one, place) => {
            if (one.hidden === fitting[place]) one.hidden = !fitting[place];
          });
        }
        inGroup += inPart;
      }
      group.element.hidden = !inGroup;
      shown += inGroup;
    }
    output.value = `${shown.toLocaleString("en")} of ${total.toLocaleString("en")}`;
  };

  const remember = () => {
    const parts = fields.filter((field) => field.value).map((field) => `${field.name}=${encodeURIComponent(field.value)}`);
    history.replaceState(null, "", parts.length ? `#set&${parts.join("&")}` : location.pathname + location.search);
  };

  const recall = () => {
    if (!location.hash.startsWith("#set&")) return;
    for (const part of location.hash.slice(5).split("&")) {
      const [name, value] = part.split("=");
      const field = fields.find((one) => one.name === name);
      try {
        if (field) field.value = decodeURIComponent(value || "");
      } catch {
        // An address that was cut.
      }
    }
  };

  let waiting = 0;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      filter();
      remember();
    }, 60);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const link of document.querySelectorAll(".legend a")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const state = form.elements.state;
      state.value = state.value === link.dataset.state ? "" : link.dataset.state;
      filter();
      remember();
      document.getElementById("set").scrollIntoView();
    });
  }
  window.addEventListener("hashchange", () => {
    recall();
    filter();
  });
  form.hidden = false;
  recall();
  filter();
})();
