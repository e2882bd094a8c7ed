// Nothing here is needed to read a page.

const base = document.documentElement.dataset.base;

async function findOutlets(typed) {
  const q = typed.trim().slice(0, 200);
  if (q.length < 2) return [];
  const answer = await fetch(`${base}/v1/outlets/search?q=${encodeURIComponent(q)}`);
  return answer.ok ? (await answer.json()).items : [];
}

// Calls `show` with the outlets that a field may mean, soon after each key.
function onTyping(input, show) {
  let waiting = 0;
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const typed = input.value;
      const items = await findOutlets(typed);
      if (input.value === typed) show(items);
    }, 150);
  });
}

const list = document.getElementById("outlets");
for (const input of list ? document.querySelectorAll("input[list=outlets]") : []) {
  onTyping(input, (items) => {
    list.replaceChildren(...items.map((outlet) => Object.assign(document.createElement("option"), { value: outlet.slug, label: outlet.name })));
  });
}

// The field in the header is a combobox with a list (ARIA Authoring Practices, "Editable Combobox With List Autocomplete").
const field = document.querySelector(".top .search input");
if (field) {
  const options = Object.assign(document.createElement("ul"), { id: "completions", className: "completions", hidden: true });
  options.setAttribute("role", "listbox");
  options.setAttribute("aria-label", "Outlets");
  const count = Object.assign(document.createElement("div"), { className: "hidden" });
  count.setAttribute("role", "status");
  field.after(options, count);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": options.id, "aria-expanded": "false", autocomplete: "off" })) field.setAttribute(name, value);
  let active = -1;

  const choose = (place) => {
    active = place;
    [...options.children].forEach((option, each) => option.setAttribute("aria-selected", String(each === place)));
    if (place < 0) return field.removeAttribute("aria-activedescendant");
    field.setAttribute("aria-activedescendant", options.children[place].id);
    options.children[place].scrollIntoView({ block: "nearest" });
  };
  const open = (isOpen) => {
    options.hidden = !isOpen;
    field.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) { choose(-1); count.textContent = ""; }
  };
  const option = (outlet, place) => {
    const made = Object.assign(document.createElement("li"), { id: `completion-${place}`, textContent: outlet.name });
    made.setAttribute("role", "option");
    made.setAttribute("aria-selected", "false");
    const claims = outlet.claims === 1 ? "1 claim" : `${outlet.claims.toLocaleString("en")} claims`;
    made.append(" ", Object.assign(document.createElement("small"), { textContent: `${outlet.is_similar ? "similar name, " : ""}${outlet.kind}, ${claims}` }));
    made.dataset.slug = outlet.slug;
    return made;
  };
  onTyping(field, (items) => {
    options.replaceChildren(...items.map(option));
    open(items.length > 0 && document.activeElement === field);
    count.textContent = items.length ? `${items.length === 1 ? "1 outlet" : `${items.length} outlets`}. Press the down arrow to choose one.` : "No outlet with this name.";
  });
  field.addEventListener("keydown", (event) => {
    const last = options.children.length - 1;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && last >= 0) {
      const place = active < 0 && step < 0 ? last : active + step;
      open(true);
      choose(place > last ? -1 : place);
      event.preventDefault();
    } else if (event.key === "Escape" && !options.hidden) {
      open(false);
      event.preventDefault();
    } else if (event.key === "Enter" && active >= 0) {
      event.preventDefault();
      location.assign(`${base}/outlets/${options.children[active].dataset.slug}`);
    }
  });
  options.addEventListener("pointerdown", (event) => event.preventDefault());  // the field keeps the focus
  options.addEventListener("click", (event) => {
    const chosen = event.target.closest("[role=option]");
    if (chosen) location.assign(`${base}/outlets/${chosen.dataset.slug}`);
  });
  field.addEventListener("blur", () => open(false));
}

// On paper everything is open, and the page has its address.
addEventListener("beforeprint", () => {
  for (const line of document.querySelectorAll(".printed .address")) line.textContent = location.href;
  for (const details of document.querySelectorAll("details:not(.filters, .others, .share, [open])")) details.open = true;
});
