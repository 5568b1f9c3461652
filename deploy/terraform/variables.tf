variable "project" {
  description = "The project of Google Cloud."
  type        = string
}

variable "region" {
  description = "The region of everything."
  type        = string
  default     = "europe-west3"
}

variable "name" {
  description = "The name of everything."
  type        = string
  default     = "portico"
}

variable "postgres_tier" {
  description = "The machine of PostgreSQL: 4 processors and 16 GiB by default."
  type        = string
  default     = "db-custom-4-16384"
}

variable "postgres_disk_gb" {
  description = "The first size of the disk of PostgreSQL; it grows by itself."
  type        = number
  default     = 100
}

variable "redis_memory_gb" {
  description = "The memory of Redis: about 1 kB for each device that is signed in."
  type        = number
  default     = 2
}
