output "cluster" {
  description = "The name of the cluster, for gcloud container clusters get-credentials."
  value       = google_container_cluster.portico.name
}

output "postgres" {
  description = "The address of PostgreSQL."
  value       = google_sql_database_instance.portico.private_ip_address
}

output "redis" {
  description = "The address of Redis."
  value       = "${google_redis_instance.portico.host}:${google_redis_instance.portico.port}"
}
