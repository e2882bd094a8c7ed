// Nothing here is needed to read a page.

// Moments in the reader's zone; what they are in UTC stays as the title.
const days = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
for (const time of document.querySelectorAll("time[datetime]")) {
  const moment = new Date(time.dateTime);
  // A bare day is written as its first or last instant in UTC, and is that day for everybody.
  if (!Number.isNaN(moment.valueOf()) && !/T(00:00:00|23:59:59\.9+)Z$/.test(time.dateTime)) {
    time.textContent = days.format(moment).replace("Sept", "Sep").replaceAll(" ", "\u00a0");
  }
}

// Names of outlets while one is typed.
const list = document.getElementById("outlets");
let asked = 0;
for (const input of list ? document.querySelectorAll("input[list=outlets]") : []) {
  input.addEventListener("input", () => {
    clearTimeout(asked);
    asked = setTimeout(async () => {
      if (input.value.trim().length < 2) return;
      const answer = await fetch(`/v1/outlets?limit=10&q=${encodeURIComponent(input.value.trim())}`);
      if (!answer.ok) return;
      const { items } = await answer.json();
      list.replaceChildren(...items.map((outlet) => Object.assign(document.createElement("option"), { value: outlet.slug, label: outlet.name })));
    }, 200);
  });
}

// On paper everything is open.
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details:not(.filters):not([open])")) details.open = true;
});
