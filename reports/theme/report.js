"use strict";
const compare = new Intl.Collator("en", { numeric: true }).compare;
const value = (row, column) => row.cells[column].dataset.sort;
const order = (column, down) => (one, other) => {
  const [a, b] = [value(one, column), value(other, column)];
  if ((a === "") !== (b === "")) return a === "" ? 1 : -1;   // what was not measured stays last
  const numbers = a !== "" && !isNaN(a) && !isNaN(b);
  return (down ? -1 : 1) * (numbers ? a - b : compare(a, b));
};
for (const table of document.querySelectorAll("figure.table table")) {
  if (!table.tHead || table.tBodies[0].rows.length < 2) continue;
  const body = table.tBodies[0];
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      body.append(...[...body.rows].sort(order(column, down)));
    });
  });
  if (body.rows.length < 8) continue;
  const label = document.createElement("label");
  const field = document.createElement("input");
  const found = document.createElement("span");
  label.className = "filter";
  field.type = "search";
  found.setAttribute("role", "status");
  field.addEventListener("input", () => {
    const wanted = field.value.toLowerCase().split(/\s+/);
    let shown = 0;
    for (const row of body.rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !wanted.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    found.textContent = field.value ? `${shown} of ${body.rows.length} rows` : "";
  });
  label.append("Filter ", field, found);
  table.closest(".scroll").before(label);
}
const contents = document.querySelector(".toc details");
if (!matchMedia("(min-width: 75rem)").matches) contents.open = false;
const links = new Map([...contents.querySelectorAll("a")].map((link) => [link.hash.slice(1), link]));
const headings = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
const follow = () => {
  const above = headings.filter((heading) => heading.getBoundingClientRect().top < 160);
  for (const link of links.values()) link.removeAttribute("aria-current");
  const current = above.at(-1);
  if (current) links.get(current.id).setAttribute("aria-current", "true");
};
addEventListener("scroll", follow, { passive: true });
follow();
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
