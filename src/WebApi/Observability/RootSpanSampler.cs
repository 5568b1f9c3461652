using System.Diagnostics;
using OpenTelemetry.Trace;

namespace Portico.WebApi.Observability;

/// <summary>Decides which spans without a parent begin a trace: a fraction of the requests and events.</summary>
/// <remarks>Calls to a dependency never do, because background loops make them several times a second without a use for a trace.</remarks>
internal sealed class RootSpanSampler(double ratio) : Sampler
{
    private readonly TraceIdRatioBasedSampler _share = new(ratio);

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        samplingParameters.Kind is ActivityKind.Client or ActivityKind.Producer
            ? new SamplingResult(SamplingDecision.Drop)
            : _share.ShouldSample(samplingParameters);
}
