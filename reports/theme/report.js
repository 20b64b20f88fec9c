"use strict";
const make = (tag, name, ...inside) => {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (tag === "button") made.type = "button";
  made.append(...inside);
  return made;
};
const note = (cell) => cell.querySelector("small")?.textContent ?? "";
const text = (cell) => cell.textContent.slice(0, cell.textContent.length - note(cell).length).trim();
const key = (cell) => cell.dataset.sort ?? text(cell);
const numeric = (value) => value !== "" && !isNaN(value);
const compare = new Intl.Collator("en", { numeric: true }).compare;
const sorted = (rows, column, down) => rows
  .map((row) => [key(row.cells[column]), row])
  .sort(([a], [b]) => {
    if ((a === "") !== (b === "")) return a === "" ? 1 : -1;   // what was not measured stays last
    return (down ? -1 : 1) * (numeric(a) && numeric(b) ? a - b : compare(a, b));
  })
  .map(([, row]) => row);

// A spreadsheet must not take a name for a formula.
const field = (value) => {
  const safe = /^[=+@\t-]/.test(value) && !numeric(value) ? `'${value}` : value;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};
const csv = (table) => {
  const rows = [...table.tBodies[0].rows].filter((row) => !row.hidden);
  const columns = [];
  [...table.tHead.rows[0].cells].forEach((head, index) => {
    const add = (title, read) => columns.push([title, ...rows.map((row) => read(row.cells[index]))]);
    const title = head.textContent.trim();
    add(title, text);
    const own = rows.map((row) => row.cells[index].dataset.sort);
    if (own.some((value) => value && numeric(value))) add(`${title} (value)`, (cell) => numeric(key(cell)) ? key(cell) : "");
    if (rows.some((row) => note(row.cells[index]))) add(`${title} (note)`, note);
  });
  return columns[0].map((_, line) => columns.map((column) => field(column[line])).join(",")).join("\r\n") + "\r\n";
};
const download = (table, name) => {
  const link = make("a");
  link.download = `${name}.csv`;
  link.href = `data:text/csv;charset=utf-8,${encodeURIComponent(csv(table))}`;
  link.click();
};
const sortable = (table) => {
  const body = table.tBodies[0];
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = make("button", "", ...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      body.append(...sorted([...body.rows], column, down));
    });
  });
};
const filterable = (table) => {
  const rows = [...table.tBodies[0].rows];
  const input = make("input");
  const found = make("span");
  input.type = "search";
  found.setAttribute("role", "status");
  input.addEventListener("input", () => {
    const wanted = input.value.toLowerCase().split(/\s+/);
    for (const row of rows) {
      const all = row.textContent.toLowerCase();
      row.hidden = !wanted.every((word) => all.includes(word));
    }
    found.textContent = input.value ? `${rows.filter((row) => !row.hidden).length} of ${rows.length} rows` : "";
  });
  table.closest(".scroll").before(make("label", "filter", "Filter ", input, found));
};
for (const table of document.querySelectorAll("figure.table table")) {
  const figure = table.closest("figure");
  const rows = table.tBodies[0].rows.length;
  if (rows > 1) sortable(table);
  if (rows >= 8) filterable(table);
  const button = make("button", "csv", "Table as CSV");
  button.addEventListener("click", () => download(table, figure.id));
  table.closest(".scroll").after(button);
}

// What fits needs no box of its own to scroll in, and its head can stay at the top of the window.
const boxes = new ResizeObserver((entries) => {
  for (const { target: box } of entries) box.classList.toggle("fits", box.scrollWidth <= box.clientWidth + 1);
});
document.querySelectorAll(".scroll").forEach((box) => boxes.observe(box));

const contents = document.querySelector(".toc details");
if (!matchMedia("(min-width: 75rem)").matches) contents.open = false;
const links = new Map([...contents.querySelectorAll("a")].map((link) => [link.getAttribute("href").slice(1), link]));
const headings = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
const follow = () => {
  const bottom = scrollY > 0 && scrollY + innerHeight >= document.documentElement.scrollHeight - 2;
  const current = headings.filter((heading) => bottom || heading.getBoundingClientRect().top < 160).at(-1);
  for (const link of links.values()) link.removeAttribute("aria-current");
  if (current) links.get(current.id).setAttribute("aria-current", "true");
};
addEventListener("scroll", follow, { passive: true });
follow();

const theme = make("select", "", ...["system", "light", "dark"].map((name) => make("option", "", name)));
theme.addEventListener("change", () => { document.documentElement.dataset.theme = theme.value; });
contents.append(make("label", "theme", "Colours ", theme));

let unfolded = [];
const unfold = () => {
  unfolded.push(...document.querySelectorAll("details:not([open])"));
  unfolded.forEach((part) => { part.open = true; });
};
const fold = () => { unfolded.forEach((part) => { part.open = false; }); unfolded = []; };
addEventListener("beforeprint", unfold);
addEventListener("afterprint", fold);
matchMedia("print").addEventListener("change", (paper) => (paper.matches ? unfold : fold)());
