export { Cluster } from './cluster.ts'
export { type ClusterAddresses, planCluster } from './layout.ts'
export { defaultOptions, sharedPort } from './options.ts'
