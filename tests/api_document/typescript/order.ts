// Places an order through a client that is made of the API's document: node order.ts http://127.0.0.1:8000 SKU
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import createClient from "openapi-fetch";

import type { components, paths } from "./schema.d.ts";

const [baseUrl, sku] = process.argv.slice(2);
assert(baseUrl && sku, "an address and a SKU are needed");

const visitor = createClient<paths>({ baseUrl });
const registration = { email: `grace-${randomUUID()}@example.com`, password: "demo-password", nickname: "Grace" };
const account = await visitor.POST("/api/v1/users", { body: registration });
assert(account.data, account.error?.detail);

const { email, password } = registration;
const tokens = await visitor.POST("/api/v1/auth/token", { body: { email, password } });
assert(tokens.data, tokens.error?.detail);

const customer = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${tokens.data.access}` } });
const wanted: components["schemas"]["NewOrder"] = { lines: [{ sku, quantity: 1 }], payment_method: "sandbox:approve" };
const placed = await customer.POST("/api/v1/orders", {
  params: { header: { "Idempotency-Key": randomUUID() } },
  body: wanted,
});
assert(placed.data, placed.error?.detail);
assert.equal(placed.data.status satisfies components["schemas"]["OrderStatus"], "confirmed");
assert.equal(placed.data.customer_id, account.data.id);

const listed = await customer.GET("/api/v1/orders", { params: { query: { limit: 1 } } });
assert.equal(listed.data?.results[0]?.id, placed.data.id);

const refused = await customer.POST("/api/v1/orders", { body: { ...wanted, lines: [{ sku, quantity: 10_000 }] } });
assert.equal(refused.error?.code, "inventory.out_of_stock");
console.log(placed.data.id);
