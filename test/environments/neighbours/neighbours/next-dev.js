import { openNext } from "../next-app/open.js";

export const open = (beside) => openNext(beside, { dev: true });
