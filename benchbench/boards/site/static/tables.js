"use strict";
// Sorting and filtering of tables that are whole without it.
(() => {
  const OPPOSITE = { ascending: "descending", descending: "ascending" };
  const FEWEST = 4; // columns of scores that stay, however narrow the screen: then the table scrolls beside its models
  const byText = new Intl.Collator("en", { numeric: true });

  const linesOf = (body) => Array.from(body.rows).filter((row) => !row.classList.contains("track"));

  function value(cell, table, kind) {
    if (kind === "text") return cell.textContent.trim();
    const shown = table.dataset.show ? cell.dataset[table.dataset.show] : cell.dataset.value;
    return shown === undefined || shown === "" ? null : Number(shown);
  }

  function sort(table, column, order) {
    const kind = table.tHead.rows[0].cells[column].dataset.sort;
    const sign = order === "ascending" ? 1 : -1;
    for (const body of table.tBodies) { // tracks stay apart
      const rows = linesOf(body).map((row) => [value(row.cells[column], table, kind), row]);
      rows.sort(([a], [b]) => {
        if (a === null || b === null) return (a === null) - (b === null); // what is missing stays last
        return sign * (kind === "text" ? byText.compare(a, b) : a - b);
      });
      body.append(...rows.map(([, row]) => row));
    }
    for (const head of table.tHead.rows[0].cells) head.removeAttribute("aria-sort");
    table.tHead.rows[0].cells[column].setAttribute("aria-sort", order);
  }

  function first(head, table) { // a rank is best when it is low, whatever the score
    if (table.dataset.show === "rank") return "ascending";
    return head.dataset.first ?? "ascending";
  }

  function sortAgain(table) {
    const head = Array.from(table.tHead.rows[0].cells).find((cell) => cell.hasAttribute("aria-sort"));
    if (head) sort(table, head.cellIndex, head.getAttribute("aria-sort"));
  }

  function makeSortable(table) {
    table.addEventListener("rewritten", () => sortAgain(table));
    for (const head of table.tHead.rows[0].cells) {
      if (!head.dataset.sort) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const now = head.getAttribute("aria-sort");
        sort(table, head.cellIndex, now ? OPPOSITE[now] : first(head, table));
      });
    }
  }

  function makeFilterable(controls) {
    const table = document.getElementById(controls.dataset.for);
    const rows = Array.from(table.tBodies).flatMap(linesOf);
    const fields = Array.from(controls.querySelectorAll("[data-filter]"));
    const count = controls.querySelector(".count");
    const update = () => {
      let shown = 0;
      for (const row of rows) {
        row.hidden = !fields.every((field) => matches(row, field));
        shown += !row.hidden && !("away" in row.dataset);
      }
      count.textContent = `${shown} of ${rows.length} models`;
    };
    for (const field of fields) field.addEventListener("input", update);
    table.addEventListener("rewritten", update);
    controls.hidden = false;
    update();
  }

  function matches(row, field) {
    const wanted = field.value.trim().toLowerCase();
    const own = row.dataset[field.dataset.filter].toLowerCase();
    return field.dataset.filter === "kind" ? wanted === "" || own === wanted : own.includes(wanted);
  }

  function chooseColumns(chooser) {
    const table = document.getElementById(chooser.dataset.of);
    const frame = table.closest(".scroll");
    const boxes = Array.from(chooser.querySelectorAll("input[value]"));
    const count = chooser.querySelector(".count");
    const before = table.tHead.rows[0].cells.length - boxes.length;
    const groups = Array.from(chooser.querySelectorAll("fieldset"), (group) => [
      group.querySelector("[data-all]"), Array.from(group.querySelectorAll("input[value]"))]);
    let chosen = false;
    const apply = (box) => {
      for (const part of [table.tHead, ...table.tBodies]) {
        for (const row of part.rows) {
          const cell = row.cells[before + Number(box.value)];
          if (cell) cell.hidden = !box.checked; // the head of a track is one cell
        }
      }
    };
    const tell = () => {
      count.textContent = `(${boxes.filter((box) => box.checked).length} of ${boxes.length} shown)`;
      for (const [all, own] of groups) {
        all.checked = own.every((box) => box.checked);
        all.indeterminate = !all.checked && own.some((box) => box.checked);
      }
    };
    const fit = () => { // as many of the first ones as there is room for, and FEWEST at least
      if (chosen) return;
      for (const box of boxes) { box.checked = box.defaultChecked; apply(box); }
      for (const box of boxes.slice(FEWEST).reverse()) {
        if (frame.scrollWidth <= frame.clientWidth) break;
        if (box.checked) { box.checked = false; apply(box); }
      }
      tell();
    };
    for (const box of boxes) box.addEventListener("change", () => { chosen = true; apply(box); tell(); });
    for (const [all, own] of groups) {
      all.addEventListener("change", () => {
        chosen = true;
        for (const box of own) { box.checked = all.checked; apply(box); }
        tell();
      });
    }
    chooser.hidden = false;
    fit();
    addEventListener("resize", fit);
  }

  function showValues(radio) {
    const table = document.getElementById(radio.dataset.show);
    const update = () => {
      if (!radio.checked) return;
      table.dataset.show = radio.value;
      const sorted = Array.from(table.tHead.rows[0].cells).find((head) => head.ariaSort && head.dataset.sort === "number");
      if (sorted) sort(table, sorted.cellIndex, first(sorted, table));
    };
    radio.addEventListener("change", update);
    update();
  }

  document.querySelectorAll("table[data-sortable]").forEach(makeSortable);
  document.querySelectorAll(".controls[data-for]").forEach(makeFilterable);
  document.querySelectorAll("input[data-show]").forEach(showValues);
  document.querySelectorAll(".columns").forEach(chooseColumns); // last: what else is shown takes room
})();
