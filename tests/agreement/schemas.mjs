// Prints the fields of every object schema of the TypeScript SDK, as one line of JSON by name.
import * as components from "@mistralai/mistralai/models/components";

const definition = (schema) => schema._zod.def;

function fieldOf(key, schema) {
  const field = { key, required: true, nullable: false, default: null, known: [], open: true };
  for (let part = definition(schema); part; part = part.innerType ? definition(part.innerType) : undefined) {
    if (part.type === "optional" || part.type === "default") field.required = false;
    if (part.type === "default") field.default = part.defaultValue;
    if (part.type === "nullable") field.nullable = true;
    if (part.type === "literal") Object.assign(field, { known: part.values, open: false });
    if (part.type === "enum") Object.assign(field, { known: Object.values(part.entries), open: false });
    if (part.type === "union") {
      field.known = part.options.map(definition).flatMap((option) => (option.type === "literal" ? option.values : []));
    }
  }
  return field;
}

// A schema of what is read has the service's keys, one of what is written those of TypeScript: a transform renames them.
function fieldsOf(schema, isRead) {
  const { type, in: input, out } = definition(schema);
  const { shape } = definition(type === "pipe" ? input : schema);
  const renamed = type === "pipe" ? out._zod.def.transform(Object.fromEntries(Object.keys(shape).map((key) => [key, key]))) : {};
  const other = Object.fromEntries(Object.entries(renamed).map(([to, from]) => [from, to]));
  return Object.fromEntries(
    Object.entries(shape).map(([key, field]) => {
      const [onWire, inCode] = isRead ? [key, other[key] ?? key] : [other[key] ?? key, key];
      return [onWire, fieldOf(inCode, field)];
    }),
  );
}

const found = {};
for (const [name, schema] of Object.entries(components)) {
  const [, cls, direction] = /^(\w+)\$(in|out)boundSchema$/.exec(name) ?? [];
  const { type, in: input } = cls ? definition(schema) : {};
  if (type === "object" || (type === "pipe" && definition(input).type === "object")) {
    (found[cls] ??= {})[direction] = fieldsOf(schema, direction === "in");
  }
}
console.log(JSON.stringify(found));
