"use strict";
// Sorting and filtering of tables that are whole without it.
(() => {
  const OPPOSITE = { ascending: "descending", descending: "ascending" };
  const byText = new Intl.Collator("en", { numeric: true });

  function value(cell, table, kind) {
    if (kind === "text") return cell.textContent.trim();
    const shown = table.dataset.show ? cell.dataset[table.dataset.show] : cell.dataset.value;
    return shown === undefined || shown === "" ? null : Number(shown);
  }

  function sort(table, column, order) {
    const kind = table.tHead.rows[0].cells[column].dataset.sort;
    const sign = order === "ascending" ? 1 : -1;
    const rows = Array.from(table.tBodies[0].rows, (row) => [value(row.cells[column], table, kind), row]);
    rows.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null); // what is missing stays last
      return sign * (kind === "text" ? byText.compare(a, b) : a - b);
    });
    table.tBodies[0].append(...rows.map(([, row]) => row));
    for (const head of table.tHead.rows[0].cells) head.removeAttribute("aria-sort");
    table.tHead.rows[0].cells[column].setAttribute("aria-sort", order);
  }

  function first(head, table) { // a rank is best when it is low, whatever the score
    if (table.dataset.show === "rank") return "ascending";
    return head.dataset.first ?? "ascending";
  }

  function makeSortable(table) {
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
    const rows = Array.from(table.tBodies[0].rows);
    const fields = Array.from(controls.querySelectorAll("[data-filter]"));
    const count = controls.querySelector(".count");
    const update = () => {
      let shown = 0;
      for (const row of rows) {
        row.hidden = !fields.every((field) => matches(row, field));
        shown += !row.hidden;
      }
      count.textContent = `${shown} of ${rows.length} models`;
    };
    for (const field of fields) field.addEventListener("input", update);
    controls.hidden = false;
    update();
  }

  function matches(row, field) {
    const wanted = field.value.trim().toLowerCase();
    const own = row.dataset[field.dataset.filter].toLowerCase();
    return field.dataset.filter === "kind" ? wanted === "" || own === wanted : own.includes(wanted);
  }

  function showColumns(box) {
    const table = document.getElementById(box.dataset.of);
    const update = () => {
      for (const cell of table.querySelectorAll(`[data-group="${box.dataset.column}"]`)) cell.hidden = !box.checked;
    };
    box.closest("fieldset").hidden = false;
    box.addEventListener("change", update);
    update();
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
  document.querySelectorAll("[data-column]").forEach(showColumns);
  document.querySelectorAll("input[data-show]").forEach(showValues);
})();
