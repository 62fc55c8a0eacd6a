// What the types of the document have to refuse: each of these lines is an error, or the check of the types fails.
import type { components } from "./schema.d.ts";

type NewOrder = components["schemas"]["NewOrder"];

// @ts-expect-error a mistyped field
export const mistyped: NewOrder = { lines: [], payment_method: "sandbox:approve", cupon: "WELCOME10" };
// @ts-expect-error a missing field
export const incomplete: NewOrder = { lines: [] };
// @ts-expect-error a status that there is not
export const unknown: components["schemas"]["OrderStatus"] = "lost";
