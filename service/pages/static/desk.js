// Keyboard control of the desk, and a live count of late reports. Every form also works without this script.

// Single letters act on the whole page, so people can switch them off, such as users of speech input (WCAG 2.1.4).
const KEYS = "borneout.keys";
const root = document.documentElement;
const keys = document.querySelector(".switch");

function switchKeys(to) {
  root.dataset.keys = to;
  keys.setAttribute("aria-pressed", to === "on");
}

keys.classList.add("live");
keys.addEventListener("click", () => {
  switchKeys(root.dataset.keys === "on" ? "off" : "on");
  localStorage.setItem(KEYS, root.dataset.keys);
});
switchKeys(localStorage.getItem(KEYS) === "off" ? "off" : "on");

const due = [...document.querySelectorAll(".due")];
const help = document.getElementById("keys");
const typing = (element) => element.matches("textarea, select, input:not([type=radio], [type=checkbox])");
const place = () => due.findIndex((claim) => claim.open || claim.parentElement.contains(document.activeElement));
const form = () => (due.length ? due[place()] : document)?.querySelector(".resolve");
const verdictOf = (one) => one.querySelector("[name=verdict]:checked")?.value;
const dateOf = (one) => one.querySelector("[name=known_at]");

// The date on which the answer became public.

function show(moment) {
  return moment.toISOString().slice(0, 10);
}

function endOf(text) {
  const found = /^\s*(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)Z?)?\s*$/.exec(text);
  return found ? new Date(`${found[1]}T${found[2] ?? "23:59:59.999"}Z`) : new Date(NaN);
}

function countLate(one) {
  const late = one.querySelector(".late");
  const published = one.dataset.published.split(" ").filter(Boolean);
  const moment = endOf(dateOf(one).value);
  if (Number.isNaN(moment.getTime()) || !published.length) {
    late.textContent = "";
    return;
  }
  const count = published.filter((each) => new Date(each) >= Math.min(moment, Date.now())).length;
  late.textContent = count
    ? `${count === 1 ? "1 report" : `${count} reports`} came after this date and will not count${count === published.length ? ", so no report counts" : ""}.`
    : "Every report came before this date.";
}

// Suggest the due date for false, and today for verdicts that are not scored. For the others, the editor enters the date.
function suggestDate(one) {
  const verdict = one.querySelector("[name=verdict]:checked");
  const field = dateOf(one);
  const usual = verdict.value === "false" ? one.dataset.due : "unscored" in verdict.dataset ? show(new Date()) : "";
  if (!("corrects" in one.dataset) && (field.value === "" || field.value === one.dataset.suggested)) {
    field.value = one.dataset.suggested = usual;
  }
  field.required = !("corrects" in one.dataset);
  countLate(one);
}

for (const one of document.querySelectorAll(".resolve[data-published]")) {
  one.querySelector(".dates").classList.add("live");
  for (const button of one.querySelectorAll(".dates button")) {
    button.addEventListener("click", () => {
      dateOf(one).value = button.value;
      countLate(one);
      one.querySelector("[name=evidence]").focus();
    });
  }
  one.addEventListener("change", (event) => event.target.name === "verdict" && suggestDate(one));
  dateOf(one).addEventListener("input", () => countLate(one));
}

// Suggest a date in the address of the evidence as the date of the answer.
for (const input of document.querySelectorAll(".resolve [name=evidence]")) {
  input.addEventListener("change", () => {
    const found = /\/((?:19|20)\d\d)[/-](\d\d)[/-](\d\d)(?!\d)/.exec(input.value);
    const one = input.form;
    if (found && dateOf(one)?.value === "" && verdictOf(one) && one.dataset.published !== undefined) {
      dateOf(one).value = found.slice(1).join("-");
      countLate(one);
    }
  });
}

// Keys.

function open(claim) {
  if (!claim) return;
  claim.open = true;
  claim.querySelector("summary").focus();
  claim.scrollIntoView({ block: "nearest" });
}

function press(key) {
  const find = (within) => within?.querySelector(`[data-key="${CSS.escape(key)}"]`);
  const control = find(form()) ?? (["z", "?", "/"].includes(key) ? find(document) : null);
  if (!control) return false;
  if (control.type === "radio") {
    control.checked = true;
    suggestDate(control.form);
    const next = key === "p" ? "[name=truth]" : dateOf(control.form).value === "" ? ".dates button" : "[name=evidence]";
    control.form.querySelector(next).focus();
  } else if (key === "s" || control.matches(".dates button")) control.click(); // neither changes the record
  else if (key === "?") help.showModal();
  else control.focus(); // also for the undo button: a single letter never changes the record
  return true;
}

function tick() {
  const box = due[place()]?.parentElement.querySelector(".tick");
  if (box) box.checked = !box.checked;
  return Boolean(box);
}

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || help?.open) return;
  if (key === "Escape" && typing(target)) {
    (due[place()]?.querySelector("summary") ?? target.form?.querySelector("[name=verdict]"))?.focus();
    return;
  }
  if (typing(target)) return;
  if (key.length === 1 && root.dataset.keys === "off") return;
  if (key === "j") open(due[Math.min(place() + 1, due.length - 1)]);
  else if (key === "k") open(due[Math.max(place() - 1, 0)]);
  else if (key === "x" ? !tick() : key === "Enter" ? !sends(target) : key.length !== 1 || !press(key)) return;
  event.preventDefault();
});

function sends(target) {
  if (!target.closest("summary, fieldset") || !form() || !verdictOf(form())) return false;
  form().requestSubmit();
  return true;
}

document.querySelector(".help")?.addEventListener("click", (event) => {
  event.preventDefault();
  help.showModal();
});

// Announce the result of the last action, because screen readers do not read a message that is there from the start.
document.querySelector(".due[open] summary")?.focus();
document.getElementById("trouble")?.focus();
const said = document.querySelector(".done[role=status]");
const live = Object.assign(document.createElement("p"), { className: "hidden", ariaLive: "polite" });
document.body.append(live);
if (said) setTimeout(() => (live.textContent = said.querySelector("p").textContent), 100);
