export { Cluster } from './cluster.ts'
export { type ClusterAddresses, planCluster } from './layout.ts'
export { clusterHelp, defaultOptions, parseClusterOptions } from './options.ts'
