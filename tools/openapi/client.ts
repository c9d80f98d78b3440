// A client in TypeScript, generated from openapi.yaml, that sends every kind of payload. It is type-checked and never
// run: what the contract allows must compile, and what it refuses must not.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

type Schemas = components["schemas"];

const client = createClient<paths>({
  baseUrl: "http://127.0.0.1:4010",
  headers: { "x-api-key": "sk_test_emulator" },
});
const idempotent = (key: string) => ({ header: { "Idempotency-Key": key } });
const at = (id: string) => ({ path: { id } });
const id = "8a1c7b0e-52f4-4c1c-9b57-2f5a6f1f0c55";

// Free-form data of any shape, as literals and as values of a program's own types.
type Order = { orderId: string; lines: { sku: string; count: number }[]; note?: string };
const order: Order = { orderId: "ord_9421", lines: [{ sku: "tent", count: 1 }] };
const free: Schemas["JsonObject"] = { text: "a", number: 1.5, none: null, list: [1, { deep: true }], object: { a: {} } };

export async function emails() {
  const sent = await client.POST("/api/v1/emails", {
    params: idempotent("receipt:ord_9421"),
    body: { templateId: id, to: { email: "alex@example.com" }, data: order },
  });
  await client.POST("/api/v1/emails", {
    params: idempotent("receipt:ord_9422"),
    body: {
      templateId: id,
      profileId: id,
      cc: "accounting@acme.example",
      bcc: ["archive@acme.example"],
      replyTo: "Support <support@acme.example>",
      tracking: {},
      data: free,
    },
  });
  await client.GET("/api/v1/emails/{id}", { params: at(sent.data?.id ?? id) });
  const missing: string | undefined = sent.error?.details?.issues?.[0]?.path;
  const further: unknown = sent.error?.details?.["a detail of tomorrow"];
  return [missing, further];
}

export async function batches() {
  const item: Schemas["BatchItem"] = {
    idempotencyKey: "receipt:ord_9423",
    templateId: id,
    to: { externalId: "cus_123" },
    data: { anything: ["goes"] },
  };
  const { data } = await client.POST("/api/v1/emails/batch", {
    body: { defaults: { templateId: id, tracking: { clicks: true } }, items: [item] },
  });
  return data?.items.map((result) => {
    switch (result.status) {
      case "accepted":
        return result.send.subject + result.idempotencyKey.length;
      case "rejected":
        return result.error.message + (result.idempotencyKey ?? "");
    }
  });
}

export async function events() {
  await client.POST("/api/v1/events", {
    params: idempotent("order:ord_9421"),
    body: {
      event: "order.created",
      profile: { email: "alex@example.com", properties: { tier: "gold", seats: 3, left: null, tags: ["a"] } },
      data: { ...order, paid: true },
      redactedDataPaths: ["/event/card"],
      occurredAt: "2026-03-02T10:30:00+01:00",
    },
  });
}

export async function journeys() {
  const started = await client.POST("/api/v1/journeys/{journeyKey}/trigger", {
    params: { path: { journeyKey: "trial-onboarding" }, ...idempotent("trial:1") },
    body: { profile: { userId: "cus_123", properties: free }, variables: { plan: { name: "Pro", seats: 5 } } },
  });
  const runId = started.data?.runId ?? id;
  await client.GET("/api/v1/public/journeys/runs/{runId}", { params: { path: { runId } } });
}

export async function broadcasts() {
  await client.POST("/api/v1/broadcasts", { body: { templateId: id, segmentId: id } });
  await client.POST("/api/v1/broadcasts", {
    body: { from: "shop@acme.example", subject: "Spring", html: "<p>Hi</p>", replyTo: ["a@acme.example"] },
  });
  await client.POST("/api/v1/broadcasts", { body: { templateId: id, send: true, scheduledAt: "in 1 hour" } });
  await client.PATCH("/api/v1/broadcasts/{id}", { params: at(id), body: { name: null, replyTo: null, segmentId: id } });
  await client.POST("/api/v1/broadcasts/{id}/preview", { params: at(id) });
  await client.POST("/api/v1/broadcasts/{id}/preview", { params: at(id), body: {} });
  await client.POST("/api/v1/broadcasts/{id}/test", { params: at(id), body: { email: "me@acme.example" } });
  await client.POST("/api/v1/broadcasts/{id}/test", { params: at(id), body: { profileId: id } });
  await client.POST("/api/v1/broadcasts/{id}/schedule", { params: at(id), body: { scheduledAt: "in 2 days" } });
  const { data } = await client.POST("/api/v1/broadcasts/{id}/preflight", { params: at(id) });
  const share: unknown = data?.warnings[0]?.details?.["share"];
  const unsubscribed: number | undefined = data?.audience.skipped["unsubscribed"];
  return [share, unsubscribed];
}

export async function newsletters() {
  await client.POST("/api/v1/newsletters", { body: { name: "Trail Notes", subscriptionGroupId: id } });
  await client.PATCH("/api/v1/newsletters/{id}", { params: at(id), body: { templateId: null, cadence: null } });
  await client.POST("/api/v1/newsletters/{id}/issues", {
    params: at(id),
    body: { title: "Huts of the north", html: "<p>Huts</p>", text: "Huts" },
  });
  await client.PATCH("/api/v1/newsletter-issues/{id}", { params: at(id), body: { subject: null, number: 13 } });
  await client.POST("/api/v1/newsletter-issues/{id}/confirmation", { params: at(id) });
}

export async function profiles() {
  await client.POST("/api/v1/profiles", {});
  const { data } = await client.POST("/api/v1/profiles", {
    body: {
      search: "alex",
      segmentFilter: ["any-id"],
      profileIds: ["42"],
      profilePropertyFilter: [{ id: "tier", values: ["gold"] }],
      sourceFilter: ["form_submission", "csv_import", "shopify", "of_tomorrow"],
    },
  });
  const source: string | undefined = data?.profiles[0]?.sources[0];
  const tier: unknown = data?.profiles[0]?.properties["tier"]?.value;
  await client.PATCH("/api/v1/profiles/{profileId}", {
    params: { path: { profileId: "42" } },
    body: { properties: { address: { city: "Oslo" }, left: null }, phone: null },
  });
  await client.POST("/api/v1/profiles/bulk-delete", { body: { filter: { sourceFilter: ["shopify"] } } });
  await client.PUT("/api/v1/profiles/{profileId}/subscriptions/{subscriptionGroupId}", {
    params: { path: { profileId: id, subscriptionGroupId: id } },
    body: { status: "Unsubscribed" },
  });
  return [source, tier];
}

export async function templates() {
  const definition: Schemas["TemplateDefinition"] = {
    subject: { $cond: { $state: "/profile/tier", eq: "gold" }, $then: "Gold", $else: { $template: "Hi ${/profile/name}" } },
    body: {
      root: "html",
      elements: {
        html: { type: "Html", props: { lang: "en" }, children: ["text"] },
        text: {
          type: "Text",
          props: { text: { $state: "/data/orderId" }, style: { fontSize: 16, margin: "0 auto" } },
          visible: [{ performed: { event: "order.*", count: { gte: 2 } } }, { $not: true }],
          repeat: { statePath: "/data/lines" },
        },
      },
    },
    renderVariables: { preview: { orderId: "ord_1" }, count: 3 },
  };
  const created = await client.POST("/api/v1/templates", { body: { name: "Receipt", definition } });
  await client.PUT("/api/v1/templates/{id}", {
    params: at(created.data?.id ?? id),
    body: { definition: { subject: "Hi", body: { root: "a", elements: { a: { type: "Hr" } } } }, brandKitId: null },
  });
  await client.GET("/api/v1/templates", { params: { query: { status: ["Active"], purpose: "Transactional" } } });
  const website: unknown = created.data?.website?.["name"];
  return website;
}

export async function brandKits() {
  const made = await client.POST("/api/v1/brand-kit", { body: { name: "Acme", websiteUrl: "https://acme.example" } });
  await client.PATCH("/api/v1/brand-kit/{id}", {
    params: at(made.data?.id ?? id),
    body: { logo: null, colors: { primary: "#1b4332", text: null }, fonts: ["Inter"], senderProfileId: null },
  });
  await client.PATCH("/api/v1/brand-kit/{id}", { params: at(id), body: { colors: null } });
  await client.POST("/api/v1/brand-kit/{id}/extract", { params: at(id) });
  const { data } = await client.GET("/api/v1/brand-kit/{brandId}/extraction-progress", {
    params: { path: { brandId: id } },
  });
  const primary: string | null | undefined = made.data?.colors?.primary;
  const step: string | null | undefined = data?.currentStep;
  return [primary, step, data?.error];
}

export async function assets() {
  const file = { filename: "logo.png", contentType: "image/png", size: 18234 } as const;
  const to = await client.POST("/api/v1/assets/upload-url", { body: { ...file, websiteId: id } });
  const made = await client.POST("/api/v1/assets", {
    body: { ...file, s3Key: to.data?.key ?? "", assetType: "lead-magnet", imageType: "logo" },
  });
  await client.PATCH("/api/v1/assets/{id}", {
    params: at(made.data?.asset.id ?? id),
    body: { description: null, altText: "Acme", tags: ["brand"], imageType: null },
  });
  const { data } = await client.GET("/api/v1/assets", { params: { query: { assetType: "lead-magnet", limit: 10 } } });
  await client.DELETE("/api/v1/assets/{id}", { params: at(id) });
  await client.POST("/api/v1/public/assets/{id}/finalize", { params: at(id), body: { altText: "Acme" } });
  const width: number | null | undefined = data?.assets[0]?.width;
  const website: string | undefined = made.data?.asset.website?.name;
  return [width, website];
}

export async function ingest() {
  const { data } = await client.POST("/api/v1/ingest/batch", {
    body: {
      writeKey: "wk_shop_1",
      batch: [
        { type: "identify", messageId: "m-1", email: "alex@example.com", userId: "cus_123", traits: { plan: "pro" } },
        { type: "page", messageId: "m-2", userId: "cus_123", name: "Pricing", properties: { path: "/pricing" } },
        { type: "track", messageId: "m-3", event: "order.created", email: "alex@example.com", source: "shopify" },
      ],
      consent: { analytics: true, marketing: false },
    },
  });
  const visitor = { writeKey: "wk_shop_1", messageId: "m-4", email: "alex@example.com" };
  await client.POST("/api/v1/ingest/identify", { body: { ...visitor, traits: { plan: "pro" } } });
  const single = await client.POST("/api/v1/ingest/track", { body: { ...visitor, event: "seen", properties: { n: 1 } } });
  const reason: string | undefined = data?.results[0]?.reason;
  const accepted: number | undefined = data?.summary.accepted;
  return [reason, accepted, single.data?.status];
}

export async function olderRoutes() {
  await client.GET("/api/v1/public/templates", { params: { query: { status: "Active", pageSize: 10 } } });
  await client.POST("/api/v1/public/journeys/{id}/trigger", {
    params: at(id),
    body: { recipient: { userId: "cus_123" }, variables: { plan: "Pro" } },
  });
  const { data } = await client.POST("/api/v1/public/broadcasts/prepare", {
    body: { name: "Sale", templateId: id, segmentId: id, subjectOverride: "Sale" },
  });
  return data?.preparedSendId;
}

export async function segments() {
  await client.POST("/api/v1/segments/{id}/preview", { params: at(id), body: {} });
  const { data } = await client.GET("/api/v1/segments/{id}", { params: at(id) });
  const manual: boolean = data?.definition === null;
  const condition: Schemas["Condition"] | null | undefined = data?.definition;
  const conditions: Schemas["Condition"][] = [true, [{ $state: "/profile/tier" }], { $or: [{ inSegment: "gold" }] }];
  return [manual, condition, conditions];
}

export async function refused() {
  // @ts-expect-error: templateId is required
  await client.POST("/api/v1/emails", { params: idempotent("a"), body: { data: {} } });
  // @ts-expect-error: the key is required
  await client.POST("/api/v1/emails", { body: { templateId: id, profileId: id } });
  // @ts-expect-error: html is no field of a send
  const send: Schemas["SendEmailRequest"] = { templateId: id, html: "<p>Hi</p>" };
  // @ts-expect-error: data is an object
  await client.POST("/api/v1/events", { params: idempotent("a"), body: { event: "a", profile: {}, data: 5 } });
  // @ts-expect-error: a definition is an object
  await client.POST("/api/v1/templates", { body: { name: "a", definition: "b" } });
  const { data } = await client.POST("/api/v1/emails/batch", { body: { items: [] } });
  // @ts-expect-error: only an accepted item has a send
  return [send, data?.items[0]?.send];
}
