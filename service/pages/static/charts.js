// The values of marks on hover, focus and touch. Without this, browsers show the titles of marks on hover.

const tip = document.createElement("div");
tip.className = "tip";
tip.setAttribute("role", "status");
document.body.append(tip);
let shown;

function show(mark) {
  shown?.classList.remove("shown");
  shown = mark;
  tip.textContent = mark?.dataset.tip ?? "";
  if (!mark) return;
  mark.classList.add("shown");
  const { left, width, top } = (mark.querySelector("circle, path") ?? mark).getBoundingClientRect();
  const half = tip.offsetWidth / 2 + 4;
  const middle = Math.min(Math.max(left + width / 2, half), document.documentElement.clientWidth - half);
  tip.style.left = `${middle + scrollX}px`;
  tip.style.top = `${top + scrollY}px`;
}

for (const chart of document.querySelectorAll(".tips")) {
  const marks = [...chart.querySelectorAll("title")].map((title) => {
    const mark = title.parentElement;
    mark.dataset.tip = title.textContent;
    title.remove();
    return mark;
  });
  const markAt = (event) => show(event.target.closest("[data-tip]"));
  chart.addEventListener("pointermove", markAt);
  chart.addEventListener("pointerdown", markAt);
  chart.addEventListener("pointerleave", () => show());
  chart.addEventListener("focusout", () => show());
  if (chart.querySelector("a")) {
    chart.addEventListener("focusin", markAt);
    continue;
  }
  if (marks.length) chart.setAttribute("tabindex", "0"); // The arrows lead from mark to mark.
  let at = marks.length - 1;
  chart.addEventListener("focus", () => show(marks[at]));
  chart.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -marks.length, End: marks.length }[event.key];
    if (event.key === "Escape") show();
    if (!step) return;
    event.preventDefault();
    at = Math.min(Math.max(at + step, 0), marks.length - 1);
    show(marks[at]);
  });
}
