import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, parseAllDocuments } from 'yaml'

/** The manifests of `deploy/kubernetes` as data: what kustomize and the kubelet make of them, as far as tests ask. */

export type Environment = Readonly<Record<string, string>>

export interface Container {
  readonly image: string
  readonly environment: Environment
}

interface Variable {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: {
    readonly fieldRef?: { readonly fieldPath: string }
    readonly secretKeyRef?: { readonly name: string; readonly key: string }
  }
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string }
}

export interface ContainerSpec {
  readonly name: string
  readonly securityContext: unknown
  readonly image: string
  readonly env: readonly Variable[]
  readonly envFrom: readonly { readonly configMapRef: { readonly name: string } }[]
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[]
  readonly startupProbe: Probe
  readonly livenessProbe: Probe
  readonly readinessProbe: Probe
  readonly lifecycle?: { readonly preStop: { readonly sleep: { readonly seconds: number } } }
}

export interface PodSpec {
  readonly securityContext: unknown
  readonly containers: readonly ContainerSpec[]
  readonly terminationGracePeriodSeconds: number
  readonly enableServiceLinks: boolean
  readonly volumes: readonly { readonly secret?: { readonly secretName: string } }[]
}

interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string }
  // biome-ignore lint/suspicious/noExplicitAny: a manifest is held to its schema elsewhere
  readonly spec: any
}

export interface Manifests {
  readonly resources: readonly Manifest[]
  /** By name. */
  readonly configMaps: ReadonlyMap<string, Environment>
}

/** Kubernetes' parsers read YAML 1.1: anchors, merges, and numbers with a leading 0 are octal. */
const dialect = { version: '1.1', merge: true } as const

/** The documents of a text. */
function readDocuments(text: string): readonly Manifest[] {
  return parseAllDocuments(text, dialect).map(document => document.toJS())
}

/** What `kubectl apply -k DIRECTORY` would apply. */
export function readManifests(directory: string): Manifests {
  const read = (name: string) => readFileSync(join(directory, name), 'utf8')
  const { resources, configMapGenerator } = parse(read('kustomization.yaml'), dialect) as {
    readonly resources: readonly string[]
    readonly configMapGenerator: readonly { readonly name: string; readonly envs: readonly string[] }[]
  }
  const environmentOf = (text: string) =>
    Object.fromEntries(
      [...text.matchAll(/^([^#\s=]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
    )
  return {
    resources: resources.flatMap(name => readDocuments(read(name))),
    configMaps: new Map(
      configMapGenerator.map(({ name, envs }) => [
        name,
        environmentOf(envs.map(name => read(name)).join('\n')),
      ]),
    ),
  }
}

/** The pod templates among the manifests. */
export function podsOf({ resources }: Manifests): readonly PodSpec[] {
  return resources.flatMap(({ spec }) => spec?.template?.spec ?? [])
}

/** What each container is started with, in the first pod of its kind. Secrets have values that are none. */
export function containersOf(manifests: Manifests): readonly Container[] {
  return manifests.resources.flatMap(({ metadata, spec }) => {
    const { containers = [] } = (spec?.template?.spec ?? {}) as Partial<PodSpec>
    return containers.map(({ image, env, envFrom }) => {
      const maps = envFrom.map(({ configMapRef: { name } }) => {
        const found = manifests.configMaps.get(name)
        if (found === undefined) throw new Error(`there is no ConfigMap ${name}`)
        return found
      })
      const environment: Record<string, string> = Object.assign({}, ...maps)
      for (const { name, value, valueFrom } of env) {
        const given = value ?? fieldOf(metadata.name, valueFrom)
        environment[name] = given.replace(/\$\((\w+)\)/g, (whole, other) => environment[other] ?? whole)
      }
      return { image, environment }
    })
  })
}

function fieldOf(name: string, from: Variable['valueFrom']): string {
  if (from?.secretKeyRef !== undefined) return 'what-a-secret-might-be'
  const fields: Environment = { 'metadata.name': `${name}-0`, 'status.podIP': '10.1.0.7' }
  const field = fields[from?.fieldRef?.fieldPath ?? '']
  if (field === undefined) throw new Error(`nothing here knows ${JSON.stringify(from)}`)
  return field
}
