// The desk by keyboard. Without this, every form works as a form does.

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
  } else if (control.localName === "button") {
    control.form.requestSubmit();
  } else {
    control.focus();
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
  if (key === "j") open(due[Math.min(place() + 1, due.length - 1)]);
  else if (key === "k") open(due[Math.max(place() - 1, 0)]);
  else if (key === "Enter" && target.closest("summary, fieldset") && form()?.querySelector("[name=verdict]:checked")) form().requestSubmit();
  else if (key.length !== 1 || !press(key)) return;
  event.preventDefault();
});

// Where the last step led.
document.querySelector(".due[open] summary")?.focus();
document.getElementById("trouble")?.focus();
