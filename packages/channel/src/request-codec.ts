import type { Fields } from './fields.ts'
import type { ChannelRequestKind, ChannelRequests } from './port.ts'

/** How the params and the result of one kind of request become msgpack values, and back with every check. */
export interface RequestCodec<Kind extends ChannelRequestKind> {
  encodeParams(params: ChannelRequests[Kind]['params']): readonly unknown[]
  readParams(fields: Fields): ChannelRequests[Kind]['params']
  encodeResult(result: ChannelRequests[Kind]['result']): readonly unknown[]
  readResult(fields: Fields): ChannelRequests[Kind]['result']
}
