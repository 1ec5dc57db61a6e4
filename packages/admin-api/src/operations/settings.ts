import { anything, boolean, list, object, oneOf, operations, text } from '@rinha/openapi'

export const settingOperations = operations({
  getSettings: {
    method: 'GET',
    path: '/settings',
    role: 'viewer',
    tag: 'settings',
    summary: 'Every setting, and where its value is from',
    answers: {
      200: {
        description: 'The header ETag has their version.',
        json: object({
          settings: list(
            object({
              name: text(),
              value: anything({ description: 'Null where it is secret.' }),
              from: oneOf(['default', 'environment']),
              isSecret: boolean(),
              help: text(),
              allowed: text(),
            }),
          ),
        }),
      },
    },
    problems: [],
  },
})
