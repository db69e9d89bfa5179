import { describe, expect, it } from "vitest";
import { byTag, curlOf, fieldsOf, operationsOf, search, shapeOf, type Document } from "./openapi";

const document: Document = {
  paths: {
    "/api/v1/quizzes": {
      get: { tags: ["quizzes"], summary: "List quizzes", parameters: [{ name: "cursor", in: "query" }], responses: { 200: { description: "A page" } } },
      post: { tags: ["quizzes"], requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/QuizContent" } } } } },
    },
    "/health": { get: { summary: "Liveness" } },
  },
};

describe("an OpenAPI document", () => {
  it("becomes a list of operations by tag", () => {
    const operations = operationsOf(document);
    expect(operations.map((operation) => operation.id)).toEqual(["get /api/v1/quizzes", "post /api/v1/quizzes", "get /health"]);
    expect(byTag(operations).map(([tag, all]) => [tag, all.length])).toEqual([["quizzes", 2], ["", 1]]);
    expect(search(operations, " LIVE ").map((operation) => operation.path)).toEqual(["/health"]);
  });

  it("may be empty", () => {
    expect(operationsOf({})).toEqual([]);
  });

  it("says shapes in one line", () => {
    expect(shapeOf({ type: ["string", "null"] })).toBe("string | null");
    expect(shapeOf({ type: "array", items: { oneOf: [{ $ref: "#/x/A" }, { type: "null" }] } })).toBe("(A | null)[]");
    expect(shapeOf({ enum: ["a", "b"] })).toBe('"a" | "b"');
    expect(shapeOf({ type: "object", properties: { n: { type: "integer" }, m: { type: "string" } }, required: ["n"] })).toBe("{ n: integer, m?: string }");
    expect(shapeOf(undefined)).toBe("any");
  });

  it("joins the fields of a shape's parts", () => {
    expect(fieldsOf({ allOf: [{ properties: { a: { type: "string" } }, required: ["a"] }, { properties: { b: {} } }] }).map((field) => [field.name, field.required])).toEqual([["a", true], ["b", false]]);
  });

  it("tells how to call an operation from a terminal", () => {
    const post = operationsOf(document)[1]!;
    expect(curlOf(post, "https://bell.example")).toContain("-d @body.json");
    expect(curlOf(post, "https://bell.example")).toContain("curl -X POST 'https://bell.example/api/v1/quizzes'");
  });
});
