using System.Diagnostics;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using Portico.Orders.V1;
using Portico.Testing;

namespace Portico.IntegrationTests.Orders;

/// <summary>The contract with other languages: their clients call the service, and its client calls their servers.</summary>
public sealed class InteropTests
{
    private const string KnownOrder = "0199c2a7-63b1-7c6b-a7c1-0b5f3b7e9d11";

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Orders", "interop");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly Lazy<string> Descriptors = new(WriteDescriptors);

    [Theory]
    [InlineData("node", "client.mjs")]
    [InlineData("/usr/bin/python3", "client.py")]
    public async Task A_client_of_another_language_places_reads_and_watches_an_order(string program, string script)
    {
        await NodePackages.InstallAsync();
        var app = await OrdersApp.SharedAsync();
        var person = await app.Issuer.SignUpAsync();
        var orderId = $"{Guid.CreateVersion7()}";
        var input = JsonSerializer.Serialize(new
        {
            protos = Repository.File("proto"),
            descriptors = Descriptors.Value,
            address = app.Service.Authority,
            token = person.AccessToken,
            productId = OrderCalls.Mug,
            total = "25.00",
            orderId,
        });

        var run = await Shell.RunAsync(program, [script], input, Folder, Patience);

        Assert.True(run.ExitCode == 0, run.Errors);
        var seen = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal(orderId, seen.GetProperty("placed").GetProperty("id").GetString());
        Assert.EndsWith("PENDING", seen.GetProperty("read").GetProperty("status").GetString(), StringComparison.Ordinal);
        Assert.True(seen.GetProperty("isRepeatTheSame").GetBoolean());
        Assert.Equal([orderId], seen.GetProperty("listed").EnumerateArray().Select(id => id.GetString()));
        var changes = seen.GetProperty("changes").EnumerateArray().Select(change => change.GetString()!).ToArray();
        Assert.Equal(2, changes.Length);
        Assert.Equal("START", changes[0]);
        Assert.EndsWith("PENDING", changes[1], StringComparison.Ordinal);
        Assert.Equal("UNAUTHENTICATED with details", Refusal(seen.GetProperty("withoutToken")));
        Assert.Equal("INVALID_ARGUMENT with details", Refusal(seen.GetProperty("invalid")));
    }

    [Theory]
    [InlineData("node", "server.mjs")]
    [InlineData("/usr/bin/python3", "server.py")]
    public async Task Our_client_calls_a_server_of_another_language(string program, string script)
    {
        await NodePackages.InstallAsync();
        using var server = Process.Start(
            new ProcessStartInfo(program, [script, program == "node" ? Repository.File("proto") : Descriptors.Value])
            {
                WorkingDirectory = Folder,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                UseShellExecute = false,
            })!;
        try
        {
            var first = await server.StandardOutput.ReadLineAsync().WaitAsync(Patience);
            var port = JsonDocument.Parse(first!).RootElement.GetProperty("port").GetInt32();
            using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
            var client = new Portico.Orders.V1.Orders.OrdersClient(channel);
            Metadata headers = new() { { "authorization", "Bearer abc" } };
            using var activity = new Activity("call").Start();

            var order = await client.GetOrderAsync(
                new GetOrderRequest { OrderId = KnownOrder }, headers, DateTime.UtcNow.AddSeconds(30));

            Assert.Equal((KnownOrder, OrderStatus.Placed, "12.50"), (order.Id, order.Status, order.Total.Amount));
            Assert.Equal("Bearer abc", order.Lines[0].Name);
            Assert.Contains($"{activity.TraceId}", order.Lines[1].Name, StringComparison.Ordinal);
            Assert.Equal("deadline", order.Lines[2].Name);
            var missing = await Assert.ThrowsAsync<RpcException>(() => client.GetAsync($"{Guid.CreateVersion7()}"));
            Assert.Equal(StatusCode.NotFound, missing.StatusCode);

            using var stream = client.WatchOrders(new WatchOrdersRequest(), headers, DateTime.UtcNow.AddSeconds(30));
            List<OrderChange> changes = [];
            while (await stream.ResponseStream.MoveNext(CancellationToken.None))
                changes.Add(stream.ResponseStream.Current);
            Assert.Equal(["1", "2"], changes.Select(change => change.Position));
            Assert.Equal([null, KnownOrder], changes.Select(change => change.Order?.Id));
        }
        finally
        {
            server.StandardInput.Close();
            await server.WaitForExitAsync();
        }
    }

    private static string Refusal(JsonElement call) =>
        $"{call.GetProperty("status").GetString()}{(call.GetProperty("hasDetails").GetBoolean() ? " with details" : "")}";

    private static string WriteDescriptors()
    {
        var files = new FileDescriptorSet();
        files.File.Add(TimestampReflection.Descriptor.ToProto());
        files.File.Add(OrdersReflection.Descriptor.ToProto());
        var path = Path.Combine(Folder, "orders.pb");
        File.WriteAllBytes(path, files.ToByteArray());
        return path;
    }
}
