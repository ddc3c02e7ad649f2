/** The fields of a form or JSON body. Nested members have the names that forms use, such as `traits.name.first`. */
export type Fields = Readonly<Record<string, string | undefined>>;

/** The fields of a body; `not JSON` when the body is not what its type says. */
export async function readFields(request: Request): Promise<Fields | 'not JSON'> {
  try {
    const type = request.headers.get('Content-Type') ?? '';
    if (!type.includes('application/json')) return textFields(await request.formData());
    const body: unknown = await request.json();
    return typeof body === 'object' && body !== null ? flatten(body) : 'not JSON';
  } catch {
    // A body that is not what its type says is the caller's mistake, told as 400.
    return 'not JSON';
  }
}

function textFields(form: FormData): Fields {
  const fields: Record<string, string> = {};
  for (const [name, value] of form) if (typeof value === 'string') fields[name] = value;
  return fields;
}

function flatten(body: object, prefix = ''): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(body) as [string, unknown][]) {
    if (typeof value === 'object' && value !== null) {
      Object.assign(fields, flatten(value, `${prefix}${name}.`));
    } else if (value !== null && value !== undefined) fields[prefix + name] = String(value);
  }
  return fields;
}
