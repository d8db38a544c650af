const find = (id) => document.getElementById(id);
const chat = find("chat");
const openers = { rooms: find("show-rooms"), members: find("show-members") };

// On narrow screens rooms and members come in from the side.

for (const [side, opener] of Object.entries(openers)) {
  opener.addEventListener("click", () => openSide(side));
  find(side)
    .querySelector(".close-side")
    .addEventListener("click", () => closeSide());
}
find("scrim").addEventListener("click", () => closeSide());
addEventListener("keydown", (event) => event.key === "Escape" && closeSide());
for (const width of [720, 1040]) {
  matchMedia(`(max-width: ${width}px)`).addEventListener("change", () => closeSide());
}

function openSide(side) {
  chat.dataset.side = side;
  openers[side].setAttribute("aria-expanded", "true");
  find("conversation").inert = true;
  find(side).querySelector(".close-side").focus();
}

/** Closes whatever is open at the side. */
export function closeSide() {
  const { side } = chat.dataset;
  if (side === undefined) return;
  delete chat.dataset.side;
  find("conversation").inert = false;
  openers[side].setAttribute("aria-expanded", "false");
  openers[side].focus();
}
