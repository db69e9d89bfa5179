/** As much of an OpenAPI 3 document as the page shows. Everything may be absent: the document is read, not trusted. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  description?: string;
  enum?: unknown[];
  const?: unknown;
  items?: Schema;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  required?: string[];
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
}
interface Content {
  content?: Record<string, { schema?: Schema }>;
  description?: string;
}
export interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: Schema;
}
interface RawOperation {
  tags?: string[];
  summary?: string;
  description?: string;
  parameters?: Parameter[];
  requestBody?: Content;
  responses?: Record<string, Content>;
}
export interface Document {
  info?: { title?: string; version?: string; description?: string };
  paths?: Record<string, Record<string, RawOperation>>;
  components?: { schemas?: Record<string, Schema> };
}

/** What a request or a response carries. */
export interface Carried {
  mediaType: string;
  shape: string;
}
export interface Operation {
  id: string;
  method: string;
  path: string;
  tag: string;
  summary: string;
  description: string;
  parameters: Parameter[];
  bodies: Carried[];
  responses: { status: string; description: string; bodies: Carried[] }[];
}

const METHODS = ["get", "post", "put", "patch", "delete"] as const;

/** All operations in the order of the document. */
export function operationsOf(document: Document): Operation[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
    METHODS.flatMap((method) => {
      const raw = methods[method];
      if (!raw) return [];
      return [
        {
          id: `${method} ${path}`,
          method: method.toUpperCase(),
          path,
          tag: raw.tags?.[0] ?? "",
          summary: raw.summary ?? "",
          description: raw.description ?? "",
          parameters: raw.parameters ?? [],
          bodies: carried(raw.requestBody),
          responses: Object.entries(raw.responses ?? {}).map(([status, response]) => ({ status, description: response.description ?? "", bodies: carried(response) })),
        },
      ];
    }),
  );
}

/** Operations by their first tag, in order of first appearance. */
export function byTag(operations: Operation[]): [string, Operation[]][] {
  const groups = new Map<string, Operation[]>();
  for (const operation of operations) groups.set(operation.tag, [...(groups.get(operation.tag) ?? []), operation]);
  return [...groups];
}

/** The operations whose path, method or words have `text`. */
export function search(operations: Operation[], text: string): Operation[] {
  const wanted = text.trim().toLowerCase();
  return operations.filter((operation) => `${operation.method} ${operation.path} ${operation.summary} ${operation.description} ${operation.tag}`.toLowerCase().includes(wanted));
}

/** A schema in one line, as TypeScript would say it; references by their names. */
export function shapeOf(schema: Schema | undefined): string {
  if (!schema) return "any";
  if (schema.$ref !== undefined) return schema.$ref.split("/").at(-1) ?? "any";
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const either = schema.oneOf ?? schema.anyOf;
  if (either) return either.map(shapeOf).join(" | ");
  if (schema.allOf) return schema.allOf.map(shapeOf).join(" & ");
  if (Array.isArray(schema.type)) return schema.type.map((type) => shapeOf({ ...schema, type })).join(" | ");
  if (schema.type === "array") {
    const item = shapeOf(schema.items);
    return item.includes(" ") ? `(${item})[]` : `${item}[]`;
  }
  if (schema.properties) {
    const required = new Set(schema.required);
    return `{ ${Object.entries(schema.properties).map(([name, of]) => `${name}${required.has(name) ? "" : "?"}: ${shapeOf(of)}`).join(", ")} }`;
  }
  if (typeof schema.additionalProperties === "object") return `{ [name]: ${shapeOf(schema.additionalProperties)} }`;
  return schema.type ?? "any";
}

/** Where the page explains the shape `name`. */
export function shapeId(name: string): string {
  return `shape-${name}`;
}

/** A field of a named shape. */
export interface Field {
  name: string;
  shape: string;
  required: boolean;
  description: string;
}

/** The fields of a shape, with those of its parts; empty for what is no object. */
export function fieldsOf(schema: Schema): Field[] {
  const required = new Set(schema.required);
  const own = Object.entries(schema.properties ?? {}).map(([name, of]) => ({ name, shape: shapeOf(of), required: required.has(name), description: of.description ?? "" }));
  return [...own, ...(schema.allOf ?? []).flatMap(fieldsOf)];
}

/** A call of the operation for a terminal. */
export function curlOf(operation: Operation, origin: string): string {
  const lines = [`curl -X ${operation.method} '${origin}${operation.path}'`, `-H "Authorization: Bearer $TOKEN"`];
  const [body] = operation.bodies;
  if (body) lines.push(`-H 'Content-Type: ${body.mediaType}'`, `-d @body${body.mediaType === "text/csv" ? ".csv" : ".json"}`);
  return lines.join(" \\\n  ");
}

function carried(from: Content | undefined): Carried[] {
  return Object.entries(from?.content ?? {}).map(([mediaType, { schema }]) => ({ mediaType, shape: shapeOf(schema) }));
}
