// A client in TypeScript, generated from control.yaml, that uses every kind of route. It is type-checked and never run:
// what the contract allows must compile, and what it refuses must not.
import createClient from "openapi-fetch";
import type { components, paths } from "./control-schema";

type Schemas = components["schemas"];

const client = createClient<paths>({ baseUrl: "http://127.0.0.1:4010" });
const at = (id: string) => ({ path: { id } });
const seeking = { since: "2026-03-02T09:00:00Z", wait: "5s", limit: 10, cursor: "next" };

export async function world() {
  const health = await client.GET("/_emulator/health");
  const reason: string | undefined = health.error && "reason" in health.error ? health.error.reason : undefined;
  const { data } = await client.GET("/_emulator/ids");
  const template: string | undefined = data?.ids["template:order-receipt"];
  const seeded = await client.POST("/_emulator/seed", { body: { profiles: [{ email: "alex@example.com" }] } });
  await client.POST("/_emulator/seed", { body: "profiles: []", headers: { "content-type": "application/yaml" } });
  await client.POST("/_emulator/reset");
  const image = await client.GET("/_emulator/snapshot", { parseAs: "blob" });
  const made = await client.POST("/_emulator/api-keys", { body: { scopes: ["emails:write"], allowSends: true } });
  const key: string | undefined = made.data?.key;
  const described = await client.GET("/_emulator/openapi.json");
  const title: unknown = described.data?.["info"];
  return [reason, template, seeded.data?.ids, image.data, key, title];
}

export async function time() {
  const { data } = await client.GET("/_emulator/clock");
  const next: string | null | undefined = data?.nextDue;
  const parked: string | undefined = data?.parked[0]?.error;
  const moved = await client.POST("/_emulator/clock/advance", { body: { duration: "72h" } });
  await client.POST("/_emulator/clock/advance", { body: { to: "2026-03-05T09:00:00Z" } });
  const idle = await client.GET("/_emulator/idle", { params: { query: { wait: "5s" } } });
  return [data?.mode === "manual", next, parked, moved.data?.ran, idle.data?.idle];
}

export async function messages() {
  const query = { to: "alex@example.com", template: "order-receipt", subject: "order", carrier: "email", ...seeking };
  const { data, error } = await client.GET("/_emulator/messages", { params: { query } });
  const message: Schemas["Message"] | undefined = data?.messages[0];
  const id = message?.id ?? "";
  const html = await client.GET("/_emulator/messages/{id}/html", { params: at(id), parseAs: "text" });
  const one = await client.GET("/_emulator/messages/{id}", { params: at(id) });
  const header: string | undefined = one.data?.headers?.["List-Unsubscribe"]?.[0];
  const fact = await client.POST("/_emulator/messages/{id}/outcome", {
    params: at(id),
    body: { type: "bounced", kind: "hard" },
  });
  await client.POST("/_emulator/scripts", {
    body: { target: "alex@example.com", facts: [{ type: "delivered" }, { type: "opened", after: "10m" }] },
  });
  const skipped = await client.GET("/_emulator/sends", { params: { query: { status: "Skipped", ...seeking } } });
  const why: string | null | undefined = skipped.data?.sends[0]?.reason;
  const near: string | undefined = error?.details?.near?.[0];
  const issue: string | undefined = error?.details?.issues?.[0]?.path;
  const cursor: string | null | undefined = data?.nextCursor;
  return [message?.links[0]?.url, message?.code, html.data, header, fact.data?.kind, why, near, issue, cursor];
}

export async function history() {
  const runs = await client.GET("/_emulator/runs", {
    params: { query: { journey: "trial", profile: "alex@example.com", status: "running", version: 1, ...seeking } },
  });
  const until: string | null | undefined = runs.data?.runs[0]?.waiting?.until;
  const run = await client.GET("/_emulator/runs/{id}", { params: at(runs.data?.runs[0]?.runId ?? "") });
  const events = await client.GET("/_emulator/events", { params: { query: { event: "trial.started", ...seeking } } });
  const plan: unknown = events.data?.events[0]?.data["plan"];
  const event = await client.GET("/_emulator/events/{id}", { params: at(events.data?.events[0]?.eventId ?? "") });
  const requests = await client.GET("/_emulator/requests", {
    params: { query: { operation: "sendEmail", status: 503, error: "unavailable", idempotencyKey: "a", ...seeking } },
  });
  const fault: number | null | undefined = requests.data?.requests[0]?.fault;
  const text = await client.GET("/_emulator/explain/{id}", { params: at("alex@example.com"), parseAs: "text" });
  return [until, run.data?.path[0]?.outcome, plan, event.data?.outcomes[0]?.runId, fault, text.data];
}

export async function people() {
  const ref = "alex@example.com";
  const { data } = await client.GET("/_emulator/profiles/{ref}", { params: { path: { ref } } });
  const tier: unknown = data?.properties["tier"]?.value;
  const choice: Schemas["SubscriptionStatus"] | undefined = data?.subscriptions["offers"];
  const changes = await client.GET("/_emulator/subscription-changes", { params: { query: { profile: ref } } });
  const asked = await client.GET("/_emulator/confirmations", { params: { query: { wait: "5s" } } });
  const params = at(asked.data?.confirmations[0]?.id ?? "");
  const answer = await client.POST("/_emulator/confirmations/{id}/approve", { params });
  await client.POST("/_emulator/confirmations/{id}/reject", { params });
  const link = await client.POST("/_emulator/login", { body: { next: "/dashboard/mail" } });
  await client.POST("/_emulator/login");
  return [tier, choice, changes.data?.subscriptionChanges[0]?.source, answer.data?.outcome, link.data?.url];
}

export async function faults() {
  const added = await client.POST("/_emulator/faults", {
    body: { operation: "sendEmail", times: 2, status: 429, details: { reason: "busy" }, retryAfter: "1s" },
  });
  const path = { id: added.data?.id ?? 1 };
  const { data } = await client.GET("/_emulator/faults/{id}", { params: { path } });
  await client.PUT("/_emulator/faults", { body: { faults: [{ id: path.id, drop: true, afterCommit: true }] } });
  await client.DELETE("/_emulator/faults/{id}", { params: { path } });
  await client.DELETE("/_emulator/faults");
  await client.PUT("/_emulator/rate-limits", { body: { limits: [{ operation: "sendEmail", n: 10, per: "1s" }] } });
  const webhooks = await client.GET("/_emulator/webhooks", { params: { query: { wait: "5s" } } });
  await client.POST("/_emulator/webhooks/{id}/resend", { params: at(webhooks.data?.webhooks[0]?.id ?? "") });
  return [data?.hits, webhooks.data?.webhooks[0]?.attempts[0]?.status];
}

export async function refused() {
  // @ts-expect-error: the status is one of a list
  await client.GET("/_emulator/sends", { params: { query: { status: "sent" } } });
  // @ts-expect-error: no such member
  const fault: Schemas["Fault"] = { operations: "sendEmail" };
  // @ts-expect-error: accepted happens by itself
  await client.POST("/_emulator/scripts", { body: { target: "a@example.com", facts: [{ type: "accepted" }] } });
  // @ts-expect-error: a script has facts
  await client.POST("/_emulator/scripts", { body: { target: "alex@example.com" } });
  return fault;
}
