import { Array as ArrayOf, Object as ObjectOf, type Static, type TProperties, type TSchema } from 'typebox'

export {
  Boolean as boolean,
  Enum as oneOf,
  Integer as integer,
  Literal as literal,
  Null as nothing,
  Number as number,
  Optional as optional,
  String as text,
  type TSchema,
  Union as union,
  Unknown as anything,
} from 'typebox'

/** An object with exactly these members. Unknown members are refused in requests and never sent in answers. */
export function object<const Properties extends TProperties>(properties: Properties, options = {}) {
  return ObjectOf(properties, { additionalProperties: false, ...options })
}

export function list<Items extends TSchema>(items: Items, options = {}) {
  return ArrayOf(items, options)
}

/** The TypeScript type of a schema's values, for handlers: deeply read-only, and optional members may be undefined. */
export type Value<Schema extends TSchema> = Frozen<Static<Schema>>

type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> | (object extends Pick<T, Key> ? undefined : never) }
    : T
