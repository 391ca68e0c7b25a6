"use strict";
// Sorts, filters and pages the tables of the report; without it they stand there in full.
// What is chosen is in the fragment of the address, as `findings.severity=error&findings.sort=-rule`.

const PAGE = 50;

class Choice {
  // A column whose values can be chosen from a list.
  constructor(name, number, rows) {
    this.name = name;
    this.number = number;
    this.chosen = "";
    const values = new Set(rows.flatMap((row) => this.valuesOf(row)));
    this.values = [...values].filter((value) => value).sort();
    const options = this.values.map((value) => element("option", { value }, value));
    this.select = element("select", {}, element("option", { value: "" }, "all"), ...options);
  }

  valuesOf(row) {
    const cell = row.element.cells[this.number];
    row.values ??= {};
    row.values[this.name] ??= cell.getAttribute("data-values")?.split(" ") ?? [cell.textContent];
    return row.values[this.name];
  }

  has(row) {
    return !this.chosen || row.values[this.name].includes(this.chosen);
  }

  choose(value) {
    this.chosen = this.values.includes(value) ? value : "";
    this.select.value = this.chosen;
  }
}

class DataTable {
  constructor(section) {
    const [first, ...others] = section.querySelectorAll("table.data");
    this.id = section.id;
    this.body = first.tBodies[0];
    this.heads = [...first.tHead.rows[0].cells];
    this.columns = this.heads.map((head) => head.dataset.column);
    this.rows = [...section.querySelectorAll("table.data > tbody > tr")].map(record);
    this.body.replaceChildren();
    others.forEach((table) => table.parentElement.remove());
    first.parentElement.classList.remove("part");
    this.choices = this.heads.flatMap((head, number) =>
      head.dataset.choose === undefined ? [] : [new Choice(head.dataset.column, number, this.rows)]);
    this.addControls(first.parentElement);
    this.heads.forEach((head) => this.makeSortable(head));
  }

  addControls(place) {
    this.search = element("input", { type: "search", autocomplete: "off", spellcheck: false });
    this.status = element("output", {});
    this.before = element("button", { type: "button" }, "previous");
    this.after = element("button", { type: "button" }, "next");
    const all = element("button", { type: "button" }, "show all");
    const pages = element("div", { className: "pages" }, all, this.before, this.after);
    const labels = this.choices.filter((choice) => choice.values.length > 1)
      .map((choice) => element("label", {}, choice.name, choice.select));
    const controls = element("form", { className: "controls", role: "search" },
      element("label", { className: "search" }, "text", this.search), ...labels, this.status, pages);
    controls.addEventListener("submit", (event) => event.preventDefault());
    this.search.addEventListener("input", () => this.change({ text: this.search.value }));
    for (const choice of this.choices) {
      choice.select.addEventListener("change", () => this.change({ [choice.name]: choice.select.value }));
    }
    all.addEventListener("click", () => { this.restore(new Map()); remember(); });
    this.before.addEventListener("click", () => this.turn(-1));
    this.after.addEventListener("click", () => this.turn(1));
    place.before(controls);
  }

  makeSortable(head) {
    const button = element("button", { type: "button" }, ...head.childNodes);
    const name = head.dataset.column;
    button.addEventListener("click", () => this.change({ sort: this.sort === name ? `-${name}` : name }));
    head.replaceChildren(button);
  }

  state() {
    const state = new Map([["text", this.text], ["sort", this.sort]]);
    this.choices.forEach((choice) => state.set(choice.name, choice.chosen));
    return state;
  }

  change(some) {
    this.restore(new Map([...this.state(), ...Object.entries(some)]));
    remember();
  }

  restore(state) {
    this.text = state.get("text") || "";
    if (this.search.value !== this.text) {
      this.search.value = this.text;
    }
    this.choices.forEach((choice) => choice.choose(state.get(choice.name)));
    this.order(state.get("sort") || "");
    const wanted = this.text.toLowerCase();
    this.shown = this.sorted.filter((row) =>
      this.choices.every((choice) => choice.has(row)) && row.text.includes(wanted));
    this.show(0);
  }

  order(sort) {
    const down = sort.startsWith("-");
    const number = this.columns.indexOf(down ? sort.slice(1) : sort);
    sort = number < 0 ? "" : sort;
    if (sort === this.sort) {
      return;
    }
    this.sort = sort;
    this.heads.forEach((head) => head.removeAttribute("aria-sort"));
    this.sorted = this.rows;
    if (sort) {
      this.heads[number].setAttribute("aria-sort", down ? "descending" : "ascending");
      const sign = down ? -1 : 1;
      const compare = ({ keys: { [number]: one } }, { keys: { [number]: other } }) =>
        one < other ? -sign : one > other ? sign : 0;
      this.sorted = [...this.rows].sort(compare);
    }
  }

  show(page) {
    this.page = page;
    const start = page * PAGE;
    const rows = this.shown.slice(start, start + PAGE);
    this.body.replaceChildren(...rows.map((row) => row.element));
    const all = this.rows.length.toLocaleString("en");
    const matching = this.shown.length.toLocaleString("en");
    this.status.textContent = `${rows.length ? start + 1 : 0}\u2013${start + rows.length} of ${matching}` +
      (this.shown.length < this.rows.length ? ` (${all} in all)` : "");
    this.before.disabled = page === 0;
    this.after.disabled = start + PAGE >= this.shown.length;
  }

  turn(pages) {
    this.show(this.page + pages);
    this.body.closest("section").scrollIntoView();
  }

  showAll() {
    this.body.replaceChildren(...this.shown.map((row) => row.element));
  }
}

function record(row) {
  // What is asked of a row again and again: its text, and a key to sort by for each cell.
  const texts = Array.from(row.cells, (cell) => cell.textContent.toLowerCase());
  const keys = texts.map((text, number) => {
    const key = row.cells[number].getAttribute("data-key");
    return key === null ? text : Number(key);
  });
  return { element: row, text: texts.join("\n"), keys };
}

function element(name, properties, ...children) {
  const made = document.createElement(name);
  Object.assign(made, properties);
  made.append(...children);
  return made;
}

function remember() {
  clearTimeout(remember.timer);
  remember.timer = setTimeout(() => {
    const words = new URLSearchParams();
    for (const table of tables) {
      table.state().forEach((value, key) => value && words.set(`${table.id}.${key}`, value));
    }
    history.replaceState(null, "", `#${words}`);
  }, 100);
}

function restore() {
  const fragment = location.hash.slice(1);
  if (fragment && !fragment.includes("=")) {
    return; // a link to a part of the page
  }
  const words = [...new URLSearchParams(fragment)];
  for (const table of tables) {
    const own = words.filter(([key]) => key.startsWith(`${table.id}.`));
    table.restore(new Map(own.map(([key, value]) => [key.slice(table.id.length + 1), value])));
  }
  const first = words.length && document.getElementById(words[0][0].split(".")[0]);
  if (first) {
    first.scrollIntoView();
  }
}

const sections = [...document.querySelectorAll("section")].filter((section) => section.querySelector("table.data"));
const tables = sections.map((section) => new DataTable(section));
tables.forEach((table) => table.restore(new Map()));
restore();
addEventListener("hashchange", restore);
addEventListener("beforeprint", () => tables.forEach((table) => table.showAll()));
addEventListener("afterprint", () => tables.forEach((table) => table.show(table.page)));
for (const link of document.querySelectorAll("a[data-state]")) {
  link.href = `#${link.dataset.state}`;
}
