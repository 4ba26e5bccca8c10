"use strict";
// The table of runs: sorted and filtered here, a page of rows at a time.
const PAGE = 100;

function compile(query) {
  // Each word is a test of a row; all must hold.
  return query.trim().split(/\s+/).filter(Boolean).map((word) => {
    const parts = word.match(/^([^=<>]+)(=|<|>)(.+)$/);
    return parts ? { name: parts[1].toLowerCase(), sign: parts[2], value: parts[3].toLowerCase() }
      : { word: word.toLowerCase() };
  });
}

function holds(test, row, columns, text) {
  if (test.word !== undefined) return text.includes(test.word);
  const at = columns.findIndex((name) => name.toLowerCase() === test.name);
  if (at < 0) return false;
  const cell = row[at];
  if (cell === null) return false;
  if (test.sign === "=") return String(cell).toLowerCase() === test.value || Number(cell) === Number(test.value);
  const [a, b] = [Number(cell), Number(test.value)];
  return test.sign === "<" ? a < b : a > b;
}

function compare(a, b) {
  // Missing values come last whichever way it is sorted.
  if (a === null || b === null) return a === b ? 0 : a === null ? Infinity : -Infinity;
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}

function written(value, column) {
  if (typeof value !== "number") return value === null ? "–" : value;
  if (column.endsWith("accuracy")) return value.toFixed(2);
  return value !== 0 && Math.abs(value) < 1e-4 ? value.toExponential() : String(value);
}

function browse(root) {
  const { columns, rows, links } = JSON.parse(root.querySelector("script").textContent);
  const [head, body] = [root.querySelector("thead"), root.querySelector("tbody")];
  const [input, status] = [root.querySelector("input"), root.querySelector("[role=status]")];
  const pages = root.querySelector(".pages");
  const texts = rows.map((row) => row.filter((cell) => cell !== null).join(" ").toLowerCase());
  const numbers = columns.map((_, at) =>
    typeof rows.find((row) => row[at] !== null)?.[at] === "number");
  let [order, sorted, descending, page] = [rows.map((_, at) => at), -1, false, 0];

  const line = document.createElement("tr");
  columns.forEach((name, at) => {
    const cell = document.createElement("th");
    cell.scope = "col";
    if (numbers[at]) cell.className = "number";
    const button = document.createElement("button");
    button.type = "button";
    // A narrow page may break a long name after each of its words.
    button.append(...name.split(/(?<=_)/).flatMap((word) => [word, document.createElement("wbr")]));
    button.addEventListener("click", () => {
      descending = sorted === at ? !descending : numbers[at];
      sorted = at;
      page = 0;
      update();
    });
    cell.append(button);
    line.append(cell);
  });
  head.append(line);

  function update() {
    const tests = compile(input.value);
    order = rows.map((_, at) => at)
      .filter((at) => tests.every((test) => holds(test, rows[at], columns, texts[at])));
    if (sorted >= 0) {
      const way = descending ? -1 : 1;
      order.sort((a, b) => {
        const by = compare(rows[a][sorted], rows[b][sorted]);
        return Number.isFinite(by) ? way * by : Math.sign(by);
      });
    }
    [...line.children].forEach((cell, at) => {
      if (at === sorted) cell.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    });
    draw();
  }

  function draw() {
    const last = Math.max(0, Math.ceil(order.length / PAGE) - 1);
    page = Math.min(page, last);
    body.replaceChildren(...order.slice(page * PAGE, (page + 1) * PAGE).map((at) => {
      const row = document.createElement("tr");
      rows[at].forEach((value, column) => {
        const cell = document.createElement("td");
        if (numbers[column]) cell.className = "number";
        if (columns[column] === "run_id" && links[at]) {
          const link = document.createElement("a");
          link.href = links[at];
          link.textContent = value;
          cell.append(link);
        } else cell.textContent = written(value, columns[column]);
        row.append(cell);
      });
      return row;
    }));
    status.textContent = `${order.length} of ${rows.length} runs`;
    pages.hidden = last === 0;
    pages.querySelector("span").textContent = `page ${page + 1} of ${last + 1}`;
    const [previous, next] = pages.querySelectorAll("button");
    previous.disabled = page === 0;
    next.disabled = page === last;
  }

  pages.addEventListener("click", (event) => {
    const step = Number(event.target.dataset.step);
    if (step) { page += step; draw(); }
  });
  input.addEventListener("input", () => { page = 0; update(); });
  root.querySelector(".controls").hidden = false;
  update();
}

document.querySelectorAll(".browser").forEach(browse);
