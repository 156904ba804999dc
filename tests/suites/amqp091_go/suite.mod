module github.com/rabbitmq/amqp091-go

go 1.19

require go.uber.org/goleak v1.2.1
