// The desk by keyboard. Without this, every form works as a form does.

// Letters act on the whole page, so who speaks to the browser, or misses keys, can switch them off (WCAG 2.1.4).
const KEYS = "borneout.keys";
const keys = document.querySelector(".switch");

function switchKeys(to) {
  document.documentElement.dataset.keys = to;
  keys.setAttribute("aria-pressed", to === "on");
}

keys.classList.add("live");
keys.addEventListener("click", () => {
  switchKeys(document.documentElement.dataset.keys === "on" ? "off" : "on");
  localStorage.setItem(KEYS, document.documentElement.dataset.keys);
});
switchKeys(localStorage.getItem(KEYS) === "off" ? "off" : "on");

const due = [...document.querySelectorAll(".due")];
const typing = (element) => element.matches("textarea, select, input:not([type=radio], [type=checkbox])");
const place = () => due.findIndex((claim) => claim.open || claim.contains(document.activeElement));
const form = () => (due.length ? due[place()] : document)?.querySelector(".resolve");

function open(claim) {
  if (!claim) return;
  claim.open = true;
  claim.querySelector("summary").focus();
  claim.scrollIntoView({ block: "nearest" });
}

function press(key) {
  const control = form()?.querySelector(`[data-key="${key}"]`) ?? (key === "z" ? document.querySelector("[data-key=z]") : null);
  if (!control) return false;
  if (control.type === "radio") {
    control.checked = true;
    control.form.querySelector(key === "p" ? "[name=truth]" : "[name=evidence]").focus();
  } else {
    control.focus(); // of the button that undoes, too: a letter alone changes nothing that is on record
  }
  return true;
}

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (key === "Escape" && typing(target)) {
    (due[place()]?.querySelector("summary") ?? target.form?.querySelector("[name=verdict]"))?.focus();
    return;
  }
  if (typing(target)) return;
  if (key.length === 1 && document.documentElement.dataset.keys === "off") return;
  if (key === "j") open(due[Math.min(place() + 1, due.length - 1)]);
  else if (key === "k") open(due[Math.max(place() - 1, 0)]);
  else if (key === "Enter" && target.closest("summary, fieldset") && form()?.querySelector("[name=verdict]:checked")) form().requestSubmit();
  else if (key.length !== 1 || !press(key)) return;
  event.preventDefault();
});

// Where the last step led.
document.querySelector(".due[open] summary")?.focus();
document.getElementById("trouble")?.focus();
