# A managed cluster of Kubernetes on Google Cloud, and PostgreSQL and Redis as services beside it. NATS runs in the cluster.
# UNTRIED: nobody has applied this module yet. Read the plan before you apply it.

terraform {
  required_version = ">= 1.6"
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.0"
    }
  }
}

resource "google_compute_network" "portico" {
  project                 = var.project
  name                    = var.name
  auto_create_subnetworks = false
}

resource "google_compute_subnetwork" "portico" {
  project                  = var.project
  name                     = var.name
  region                   = var.region
  network                  = google_compute_network.portico.id
  ip_cidr_range            = "10.10.0.0/20"
  private_ip_google_access = true

  secondary_ip_range {
    range_name    = "pods"
    ip_cidr_range = "10.20.0.0/16"
  }

  secondary_ip_range {
    range_name    = "services"
    ip_cidr_range = "10.30.0.0/20"
  }
}

# The stores have addresses in this network only.
resource "google_compute_global_address" "services" {
  project       = var.project
  name          = "${var.name}-services"
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  prefix_length = 20
  network       = google_compute_network.portico.id
}

resource "google_service_networking_connection" "services" {
  network                 = google_compute_network.portico.id
  service                 = "servicenetworking.googleapis.com"
  reserved_peering_ranges = [google_compute_global_address.services.name]
}

# Nodes come and go with the pods. Network policies hold by default.
resource "google_container_cluster" "portico" {
  project             = var.project
  name                = var.name
  location            = var.region
  enable_autopilot    = true
  network             = google_compute_network.portico.id
  subnetwork          = google_compute_subnetwork.portico.id
  deletion_protection = true

  ip_allocation_policy {
    cluster_secondary_range_name  = "pods"
    services_secondary_range_name = "services"
  }

  private_cluster_config {
    enable_private_nodes = true
  }

  release_channel {
    channel = "STABLE"
  }
}

resource "google_sql_database_instance" "portico" {
  project             = var.project
  name                = var.name
  region              = var.region
  database_version    = "POSTGRES_17"
  deletion_protection = true
  depends_on          = [google_service_networking_connection.services]

  settings {
    edition = "ENTERPRISE"
    tier    = var.postgres_tier
    # A synchronous standby in another zone.
    availability_type = "REGIONAL"
    disk_type         = "PD_SSD"
    disk_size         = var.postgres_disk_gb
    disk_autoresize   = true

    ip_configuration {
      ipv4_enabled    = false
      private_network = google_compute_network.portico.id
      ssl_mode        = "ENCRYPTED_ONLY"
    }

    backup_configuration {
      enabled                        = true
      point_in_time_recovery_enabled = true
      transaction_log_retention_days = 7

      backup_retention_settings {
        retained_backups = 30
      }
    }

    database_flags {
      name  = "max_connections"
      value = "400"
    }

    database_flags {
      name  = "idle_in_transaction_session_timeout"
      value = "60000"
    }
  }
}

resource "google_redis_instance" "portico" {
  project                 = var.project
  name                    = var.name
  region                  = var.region
  tier                    = "STANDARD_HA"
  memory_size_gb          = var.redis_memory_gb
  redis_version           = "REDIS_7_2"
  authorized_network      = google_compute_network.portico.id
  connect_mode            = "PRIVATE_SERVICE_ACCESS"
  transit_encryption_mode = "SERVER_AUTHENTICATION"
  auth_enabled            = true
  depends_on              = [google_service_networking_connection.services]

  # An evicted session would sign out a user.
  redis_configs = {
    maxmemory-policy = "noeviction"
  }

  persistence_config {
    persistence_mode    = "RDB"
    rdb_snapshot_period = "ONE_HOUR"
  }
}
