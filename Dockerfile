# Four images from one build: docker build --target server|orders|migrator|seeder .

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
# Compiled ahead of time, a program is fast from its first request on, and the build takes longer.
ARG READY_TO_RUN=true

# Only the files that decide the packages, so that a change of code does not rebuild this layer.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY src/Program.props src/Runtime.props src/
COPY src/Domain/Domain.csproj src/Domain/packages.lock.json src/Domain/
COPY src/Application/Application.csproj src/Application/packages.lock.json src/Application/
COPY src/Infrastructure/Infrastructure.csproj src/Infrastructure/packages.lock.json src/Infrastructure/
COPY src/WebApi/WebApi.csproj src/WebApi/packages.lock.json src/WebApi/
COPY src/Orders.Contract/Orders.Contract.csproj src/Orders.Contract/packages.lock.json src/Orders.Contract/
COPY src/Orders/Orders.csproj src/Orders/packages.lock.json src/Orders/
COPY src/Migrator/Migrator.csproj src/Migrator/packages.lock.json src/Migrator/
COPY src/Seeder/Seeder.csproj src/Seeder/packages.lock.json src/Seeder/
COPY src/HealthCheck/HealthCheck.csproj src/HealthCheck/packages.lock.json src/HealthCheck/
RUN dotnet restore src/WebApi/WebApi.csproj --locked-mode -p:PublishReadyToRun=$READY_TO_RUN \
 && dotnet restore src/Migrator/Migrator.csproj --locked-mode -p:PublishReadyToRun=$READY_TO_RUN \
 && dotnet restore src/Seeder/Seeder.csproj --locked-mode -p:PublishReadyToRun=$READY_TO_RUN \
 && dotnet restore src/Orders/Orders.csproj --locked-mode -p:PublishReadyToRun=$READY_TO_RUN \
 && dotnet restore src/HealthCheck/HealthCheck.csproj --locked-mode -p:PublishReadyToRun=$READY_TO_RUN

COPY proto/ proto/
COPY src/ src/
# CI has already run the analyzers.
RUN dotnet publish src/WebApi/WebApi.csproj -c Release --no-restore -p:PublishReadyToRun=$READY_TO_RUN -p:RunAnalyzers=false -o out/server \
 && dotnet publish src/Migrator/Migrator.csproj -c Release --no-restore -p:PublishReadyToRun=$READY_TO_RUN -p:RunAnalyzers=false -o out/migrator \
 && dotnet publish src/Seeder/Seeder.csproj -c Release --no-restore -p:PublishReadyToRun=$READY_TO_RUN -p:RunAnalyzers=false -o out/seeder \
 && dotnet publish src/Orders/Orders.csproj -c Release --no-restore -p:PublishReadyToRun=$READY_TO_RUN -p:RunAnalyzers=false -o out/orders \
 && dotnet publish src/HealthCheck/HealthCheck.csproj -c Release --no-restore -p:PublishReadyToRun=$READY_TO_RUN -p:RunAnalyzers=false -o out/health \
 && mkdir out/mailbox

# The console of operators, which needs no .NET.
FROM docker.io/library/node:22-slim AS console
WORKDIR /source/src/Console
COPY src/Console/package.json src/Console/package-lock.json ./
RUN npm ci --no-audit --no-fund --ignore-scripts
COPY clients/typescript/src/ /source/clients/typescript/src/
COPY src/Console/ ./
RUN npm run build

# The images have .NET, the data of languages and time zones, and nothing else: no shell, no package manager (ADR 0047).
FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiselled-extra AS base
LABEL org.opencontainers.image.licenses="MIT"
WORKDIR /app
USER $APP_UID

FROM base AS migrator
LABEL org.opencontainers.image.title="Portico Migrator" \
      org.opencontainers.image.description="Migrates the databases of Portico"
COPY --from=build /source/out/migrator ./
ENTRYPOINT ["dotnet", "Portico.Migrator.dll"]
CMD ["up"]

FROM base AS seeder
LABEL org.opencontainers.image.title="Portico Seeder" \
      org.opencontainers.image.description="Fills the database of Portico"
COPY --from=build /source/out/seeder ./
ENTRYPOINT ["dotnet", "Portico.Seeder.dll"]
CMD ["reference"]

FROM base AS orders
LABEL org.opencontainers.image.title="Portico orders service" \
      org.opencontainers.image.description="The orders service of Portico, behind gRPC"
COPY --from=build /source/out/health /health/
COPY --from=build /source/out/orders ./
ENV Listen__Url=http://+:5090 \
    Listen__ManagementUrl=http://+:5091
# As for the server below (ADR 0024).
ENV DOTNET_GCgen0size=0x4000000 \
    DOTNET_GCGen0MaxBudget=0x4000000
EXPOSE 5090 5091
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["dotnet", "/health/Portico.HealthCheck.dll", "http://127.0.0.1:5091/health/ready"]
ENTRYPOINT ["dotnet", "Portico.Orders.dll"]

FROM base AS server
LABEL org.opencontainers.image.title="Portico" \
      org.opencontainers.image.description="Backend For Frontend: sign-in, sessions, wallets, one payload of several services"
# A new volume gets the owner of the folder that it is mounted on: the user of the base image.
COPY --from=build --chown=1654:1654 /source/out/mailbox /var/lib/portico/mailbox/
COPY --from=build /source/out/health /health/
COPY --from=build /source/out/server ./
COPY --from=console /source/src/Console/dist ./console/
ENV ASPNETCORE_URLS=http://+:5080 \
    Management__Url=http://+:5081
# A garbage collection every 64 MiB of a heap; with a memory limit, at most a share of that limit. No project file can set this (ADR 0024).
ENV DOTNET_GCgen0size=0x4000000 \
    DOTNET_GCGen0MaxBudget=0x4000000
EXPOSE 5080 5081
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["dotnet", "/health/Portico.HealthCheck.dll", "http://127.0.0.1:5080/health/ready"]
ENTRYPOINT ["dotnet", "Portico.WebApi.dll"]
