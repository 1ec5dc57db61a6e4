import { problemPage } from '@rinha/openapi/problems'
import { publicDocument } from '@rinha/public-api'
import { type Handler, lastSegment } from './http-call.ts'

/** `GET /openapi.json`: what this node serves. */
export function getDocument(): Handler {
  const body = JSON.stringify(publicDocument)
  return call => call.json(body)
}

/** `GET /problems/{name}`: what stands behind the `type` of a problem. */
export const getProblemPage: Handler = (call, request) => {
  const page = problemPage(lastSegment(request))
  if (page !== undefined) call.html(page)
  else call.problem({ kind: 'not-found', detail: 'There is no problem of this name.' })
}
