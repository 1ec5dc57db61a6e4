import { operations } from './operation.ts'
import { object, text } from './schema.ts'

/** The operations with which every API describes itself. */
export const documentOperations = operations({
  getDocument: {
    method: 'GET',
    path: '/openapi.json',
    role: 'open',
    tag: 'documents',
    summary: 'This document',
    answers: { 200: { description: 'An OpenAPI 3.1 document.', text: 'application/json' } },
    problems: [],
  },
  getProblemPage: {
    method: 'GET',
    path: '/problems/{name}',
    role: 'open',
    tag: 'documents',
    summary: 'What a kind of problem means',
    params: object({ name: text({ description: 'The last part of a problem’s type.' }) }),
    answers: { 200: { description: 'A page.', text: 'text/html; charset=utf-8' } },
    problems: ['not-found'],
  },
})
