import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { answeringItself } from './floor.ts'

const config = readFileSync(new URL('../../../../haproxy.cfg', import.meta.url), 'utf8')

test("floor A checks a request as the cluster's HAProxy does, answers it, and has no backend", () => {
  const floor = answeringItself(config)
  const rules = (text: string) => text.match(/^ +(http-request|acl|option http-buffer-request).*$/gm) ?? []
  expect(rules(floor)).toEqual([
    ...rules(config),
    '    http-request return status 200 content-type application/json string {}',
  ])
  expect(floor).not.toMatch(/^(backend|\s+server|\s+default_backend)/m)
})

test('a configuration without a backend is refused', () => {
  expect(() => answeringItself('frontend public\n    bind :9999\n')).toThrow('no frontend before its backend')
})
