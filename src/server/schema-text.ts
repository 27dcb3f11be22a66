/** JSON Schema written as people write types: `{ name: string; version: integer }`. */

export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema | boolean;
  readonly prefixItems?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

const STEP = '  ';

/** @example writeSchema({ type: 'array', items: { type: 'integer' } }) // 'integer[]' */
export function writeSchema(schema: JsonSchema, indent = ''): string {
  if (schema.$ref !== undefined) return schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) return options.map((option) => writeSchema(option, indent)).join(' | ');
  if (schema.allOf !== undefined) return schema.allOf.map((part) => writeSchema(part, indent)).join(' & ');
  if (schema.properties !== undefined) return writeObject(schema, indent);
  if (schema.prefixItems !== undefined) {
    return `[${schema.prefixItems.map((item) => writeSchema(item, indent)).join(', ')}]`;
  }
  if (typeof schema.items === 'object') return writeArray(schema.items, indent);
  if (typeof schema.additionalProperties === 'object' && Object.keys(schema.additionalProperties).length > 0) {
    return `{ [name]: ${writeSchema(schema.additionalProperties, indent)} }`;
  }
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? ['any']);
  return types.join(' | ');
}

function writeObject(schema: JsonSchema, indent: string): string {
  const inner = indent + STEP;
  const required = new Set(schema.required ?? []);
  const lines = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const note = property.description === undefined ? '' : `  // ${property.description}`;
    return `${inner}${name}${required.has(name) ? '' : '?'}: ${writeSchema(property, inner)}${note}`;
  });
  return lines.length === 0 ? '{}' : `{\n${lines.join('\n')}\n${indent}}`;
}

function writeArray(items: JsonSchema, indent: string): string {
  const text = writeSchema(items, indent);
  return text.includes(' | ') && !text.startsWith('{') ? `(${text})[]` : `${text}[]`;
}
