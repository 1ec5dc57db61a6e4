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

/** An object that has these members and no other: what the document does not have is neither taken nor told. */
export function object<const Properties extends TProperties>(properties: Properties, options = {}) {
  return ObjectOf(properties, { additionalProperties: false, ...options })
}

export function list<Items extends TSchema>(items: Items, options = {}) {
  return ArrayOf(items, options)
}

/** Values of a schema, as handlers read and give them: nothing in them is changed, and what may be left out may be undefined. */
export type Value<Schema extends TSchema> = Frozen<Static<Schema>>

type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> | (object extends Pick<T, Key> ? undefined : never) }
    : T
